import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { ROOT } from './container-files.ts';

const SCRIPT = fileURLToPath(new URL('scripts/docker-devnet.sh', ROOT));
/** Notes its arguments, one a line and an empty line after each call; as if every command succeeded. */
const RECORDER = `#!/bin/sh\nfor argument in "$@"; do printf '%s\\n' "$argument"; done >>"$RECORD"\necho >>"$RECORD"\n`;
/** A devnet of which one validator is well, and one ended. */
const REFUSED = `#!/bin/sh
case "$*" in
  *' up '*) exit 1 ;;
  *' ps --all --quiet') echo well; echo ended ;;
  *State.ExitCode*well) echo /validator-0: running, exit code 0 ;;
  *State.ExitCode*ended) echo /validator-3: exited, exit code 2 ;;
  *'{{.Status}}'*well) echo healthy ;;
  *'range .Log'*ended) echo no answer on port 7436 ;;
  'logs --tail 5 ended') echo there is no key at /pheme/key.json ;;
  logs*) echo must not be shown ;;
esac
`;

describe('scripts/docker-devnet.sh', () => {
  let folder: string;

  before(function () {
    if (process.platform === 'win32') this.skip(); // it is a script for bash
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pheme-docker-'));
    await writeFile(join(folder, 'docker'), RECORDER);
    await chmod(join(folder, 'docker'), 0o755);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Runs the script where `docker` is the recorder; gives its exit code and the calls of docker. */
  async function run(args: string[], variables: Record<string, string> = {}) {
    const record = join(folder, 'record');
    const env = { PATH: `${folder}:${process.env['PATH']}`, HOME: folder, RECORD: record, ...variables };
    const child = spawn('bash', [SCRIPT, ...args], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    const [said, [code]] = await Promise.all([readText(child.stderr), once(child, 'close') as Promise<[number]>]);
    const text = await readFile(record, 'utf8').catch(() => '');
    return { code, said, calls: text.split('\n\n').map((call) => call.split('\n')) };
  }

  function optionsOf(call: readonly string[] | undefined, name: string): string[] {
    return (call ?? []).filter((_, at) => call?.[at - 1] === name);
  }

  it('builds as on any machine where the host has nothing special', async () => {
    const { code, calls } = await run(['up']);
    assert.equal(code, 0);
    assert.equal(calls[0]?.[0], 'build');
    assert.deepEqual(optionsOf(calls[0], '--secret'), []);
    assert.deepEqual(
      optionsOf(calls[0], '--build-arg').map((argument) => argument.split('=')[0]),
      ['VERSION', 'REVISION'],
    );
  });

  it("lends the host's npm settings, certificate authority and proxy to the build, never by value", async () => {
    const npmrc = join(folder, 'host.npmrc');
    const authority = join(folder, 'ca.pem');
    for (const path of [npmrc, authority]) await writeFile(path, '');
    const proxy = 'http://user:secret@proxy.example:3128';
    const { calls } = await run(['up'], {
      NPM_CONFIG_USERCONFIG: npmrc,
      NODE_EXTRA_CA_CERTS: authority,
      HTTPS_PROXY: proxy,
    });
    assert.deepEqual(optionsOf(calls[0], '--secret'), [`id=npmrc,src=${npmrc}`, `id=ca,src=${authority}`]);
    assert.equal(optionsOf(calls[0], '--build-arg').at(-1), 'HTTPS_PROXY');
    assert.ok(!calls.flat().some((argument) => argument.includes('secret@')));
  });

  it('keeps keys and results unless told otherwise', async () => {
    const kept = await run(['down']);
    assert.deepEqual(kept.calls.at(-2)?.slice(-2), ['down', '--remove-orphans']);
    const deleted = await run(['down', '--volumes']);
    assert.deepEqual(deleted.calls.at(-2)?.slice(-3), ['down', '--remove-orphans', '--volumes']);
  });

  it('gives the reason of whatever did not become ready, and of nothing else', async () => {
    await writeFile(join(folder, 'docker'), REFUSED);
    const { code, said } = await run(['up']);
    assert.equal(code, 2);
    const reason = 'validator-3: exited, exit code 2\nthere is no key at /pheme/key.json\nno answer on port 7436\n';
    assert.ok(said.includes(`\n\n${reason}`), said);
    assert.ok(!said.includes('validator-0') && !said.includes('must not be shown'), said);
  });

  it('refuses what it does not know, and a review of nothing', async () => {
    for (const [args, wanted] of [
      [['upp'], 'usage: '],
      [[], 'usage: '],
      [['review'], 'which diff?'],
    ] as const) {
      const { code, calls, said } = await run([...args]);
      assert.deepEqual([code, calls], [2, [['']]]);
      assert.ok(said.includes(wanted), said);
    }
    assert.equal((await run(['help'])).code, 0);
  });
});
