import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { runCli } from '../../src/cli/program.ts';
import { loadKey } from '../../src/config/key.ts';
import { useTempDirectory, writeFileMode } from '../config/temp-home.ts';
import { Captured, run } from './run.ts';

const WORDS = 'correct horse battery staple';

describe('pheme keys', () => {
  const home = useTempDirectory();
  const node = () => join(home(), 'node');
  const file = async (name: string, text: string, mode = 0o600) => {
    await writeFileMode(join(home(), name), text, mode);
    return join(home(), name);
  };
  const keys = (...args: string[]) => run(['keys', ...args, '--home', node(), '--json']);

  /** Types lines at a terminal that shows nothing of them. */
  async function typing(lines: string[], args: string[]) {
    const [stdout, stderr] = [new Captured(true), new Captured(true)];
    const raw: boolean[] = [];
    const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (on: boolean) => raw.push(on) });
    const asks = setInterval(() => {
      if (stderr.text.match(/: /g)?.length === asked && lines.length > 0) {
        asked += 1;
        stdin.write(lines.shift()!);
      }
    }, 2);
    let asked = 1;
    const signal = new AbortController().signal;
    const code = await runCli([...args, '--home', node()], { stdin, stdout, stderr, env: {}, signal });
    clearInterval(asks);
    return { code, stdout: stdout.text, stderr: stderr.text, raw };
  }

  it('encrypts, changes the passphrase, and shows the same key without one', async function () {
    this.timeout(30_000);
    const made = JSON.parse((await run(['init', '--home', node(), '--json'])).stdout) as { publicKey: string };
    const first = await file('first', `${WORDS}\n`);
    const second = await file('second', 'quite another passphrase');
    const sealed = await keys('encrypt', '--passphrase-file', first);
    assert.equal(sealed.code, 0, sealed.stderr);
    assert.equal((JSON.parse(sealed.stdout) as { encrypted: boolean }).encrypted, true);
    assert.match(sealed.stderr, /copies of the old file/);
    assert.equal((await keys('encrypt', '--passphrase-file', first)).code, 2);
    assert.equal(
      (await keys('change-passphrase', '--passphrase-file', second, '--new-passphrase-file', second)).code,
      2,
    );
    const changed = await keys('change-passphrase', '--passphrase-file', first, '--new-passphrase-file', second);
    assert.equal(changed.code, 0, changed.stderr);
    const shown = JSON.parse((await keys('show')).stdout) as { publicKey: string; peerId: string };
    assert.equal(shown.publicKey, made.publicKey);
    assert.match(shown.peerId, /^12D3KooW/);
    const opened = await loadKey({ home: node() }, async () => Buffer.from('quite another passphrase'));
    assert.equal(opened.publicKey, made.publicKey);
  });

  const REFUSED: [string, string, number, RegExp][] = [
    ['a short passphrase', 'secret', 0o600, /at least 10 characters/],
    ['an empty passphrase', '', 0o600, /must hold the passphrase on one line/],
    ['a passphrase file that others can read', WORDS, 0o644, /mode is 0644.*chmod 600/],
    ['two lines', `${WORDS}\n${WORDS}\n`, 0o600, /on one line/],
  ];
  for (const [what, text, mode, message] of REFUSED) {
    it(`refuses ${what}, and changes nothing`, async () => {
      await run(['init', '--home', node()]);
      const before = await readFile(join(node(), 'key.json'), 'utf8');
      const ran = await keys('encrypt', '--passphrase-file', await file('words', text, mode));
      assert.equal(ran.code, 2);
      assert.match(ran.stderr, message);
      assert.equal(await readFile(join(node(), 'key.json'), 'utf8'), before);
    });
  }

  it('asks twice at a terminal, shows nothing, and takes corrections', async function () {
    this.timeout(30_000);
    await run(['init', '--home', node()]);
    const { code, stdout, stderr, raw } = await typing([`${WORDS}x\x7f\r`, `${WORDS}\r`], ['keys', 'encrypt']);
    assert.equal(code, 0, stderr);
    assert.ok(!`${stdout}${stderr}`.includes('horse'));
    assert.deepEqual(raw, [true, false, true, false]);
    await loadKey({ home: node() }, async () => Buffer.from(WORDS));
  });

  it('changes nothing when the two differ, or at Ctrl-C', async () => {
    await run(['init', '--home', node()]);
    const before = await readFile(join(node(), 'key.json'), 'utf8');
    const differ = await typing([`${WORDS}\r`, `${WORDS}!\r`], ['keys', 'encrypt']);
    assert.deepEqual([differ.code, /differ: nothing was changed/.test(differ.stderr)], [2, true]);
    const stopped = await typing(['corr\x03'], ['keys', 'encrypt']);
    assert.deepEqual([stopped.code, stopped.raw], [130, [true, false]]);
    assert.equal(await readFile(join(node(), 'key.json'), 'utf8'), before);
  });

  it('starts no node without the passphrase, or with a wrong one: exit 2 and what to do', async function () {
    this.timeout(30_000);
    await run(['init', '--home', node(), '--p2p-port', '1', '--rpc-port', '2']);
    await keys('encrypt', '--passphrase-file', await file('words', WORDS));
    const without = await run(['start', '--home', node()]);
    assert.deepEqual([without.code, /is encrypted.*--passphrase-file/.test(without.stderr)], [2, true], without.stderr);
    const wrong = await run(['start', '--home', node()], { env: { PHEME_PASSPHRASE: 'not the right one' } });
    assert.deepEqual([wrong.code, /the passphrase does not open/.test(wrong.stderr)], [2, true], wrong.stderr);
    const beside = await file('node/.env', `PHEME_PASSPHRASE=${WORDS}\n`);
    const inHome = await run(['start', '--home', node()]);
    assert.deepEqual([inHome.code, /must not stand beside the key/.test(inHome.stderr)], [2, true], beside);
  });
});
