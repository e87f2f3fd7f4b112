import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { useTempDirectory } from '../config/temp-home.ts';
import { run } from './run.ts';

const exec = promisify(execFile);

describe('pheme completion', () => {
  const folder = useTempDirectory();

  /** What bash offers at the end of a command line. */
  async function offered(...words: string[]): Promise<string[]> {
    const script = join(folder(), 'pheme.bash');
    await writeFile(script, (await run(['completion', 'bash'])).stdout);
    const line = words.map((word) => `'${word}'`).join(' ');
    const ask = `source ${script}; COMP_WORDS=(pheme ${line}); COMP_CWORD=${words.length}; _pheme; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await exec('bash', ['--norc', '-c', ask], { cwd: folder() });
    return stdout.split('\n').filter((word) => word !== '');
  }

  it('offers commands and global flags', async () => {
    assert.deepEqual(await offered('do'), ['doctor']);
    assert.ok((await offered('')).includes('review'));
    assert.deepEqual(await offered('--tok'), ['--token-file']);
  });

  it('offers the commands within a command', async () => {
    const keys = await offered('keys', '');
    for (const name of ['show', 'generate', 'encrypt', 'change-passphrase']) assert.ok(keys.includes(name), name);
    assert.deepEqual(await offered('--home', 'x', 'config', 'ch'), ['check']);
  });

  it('offers the flags of a command, with the global ones', async () => {
    assert.deepEqual(await offered('review', '--sec'), ['--security']);
    assert.deepEqual(await offered('keys', 'change-passphrase', '--new'), ['--new-passphrase-file']);
    assert.deepEqual(await offered('review', '--js'), ['--json']);
  });

  it('offers the values of a flag that has a list of them', async () => {
    assert.deepEqual(await offered('results', '--outcome', 'REJ'), ['REJECTED']);
    assert.ok((await offered('export', 'x', '--format', '')).includes('dsse'));
  });

  it('offers files where a file is wanted, folders where a folder is, and nothing where neither', async () => {
    await writeFile(join(folder(), 'my.diff'), '');
    await mkdir(join(folder(), 'mine'));
    assert.deepEqual((await offered('review', 'my')).sort(), ['my.diff']);
    assert.deepEqual((await offered('review', '--network', 'm')).sort(), ['mine', 'my.diff']);
    assert.deepEqual(await offered('review', '--home', 'm'), ['mine']);
    assert.deepEqual(await offered('review', '--head-sha', 'm'), []);
  });

  it('prints one for zsh and one for fish, from the same words', async () => {
    assert.match((await run(['completion', 'zsh'])).stdout, /^autoload -U \+X bashcompinit/);
    const fish = (await run(['completion', 'fish'])).stdout;
    assert.match(
      fish,
      /complete -c pheme -n '__fish_seen_subcommand_from review' -l security -d 'review for security'/,
    );
    assert.match(fish, /__fish_use_subcommand' -a doctor -d /);
    assert.match(fish, /-l outcome -d .* -x -a 'APPROVED REJECTED/);
  });

  it('refuses another shell, and says what was meant', async () => {
    const { code, stderr } = await run(['completion', 'csh']);
    assert.equal(code, 2);
    assert.match(stderr, /Allowed choices are bash, zsh, fish/);
  });
});
