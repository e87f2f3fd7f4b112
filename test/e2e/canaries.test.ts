import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnvironment, exitCodeOf, freeBasePort, PHEME, pheme, until } from '../../scripts/processes.ts';
import { sample } from './tasks.ts';

// Put together here, so that no scanner takes this file for a leak.
const API_KEY = ['sk', 'canary', 'b7f3a1c9d2e4'].join('-');
const PASSPHRASE = 'canary passphrase 5d1e7f';

describe('secrets', function () {
  this.timeout(90_000);
  const seen: string[] = [];
  let folder: string;
  let home: string;
  let rpc: string;
  let node: ChildProcess;
  let endpoint: Server;
  let secrets: Record<string, string>;

  /** An endpoint that tells the key back, as careless ones do. */
  async function startEndpoint(): Promise<Server> {
    const server = createServer((request, response) => {
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message: `bad key ${request.headers.authorization}` } }));
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    return server;
  }

  async function told(args: readonly string[], input = ''): Promise<number> {
    const environment = { PHEME_PASSPHRASE: PASSPHRASE };
    const { code, stdout, stderr } = await pheme([...args, '--home', home], { input, cwd: folder, env: environment });
    seen.push(stdout, stderr);
    return code;
  }

  async function asked(path: string, init: RequestInit = {}): Promise<void> {
    const response = await fetch(`${rpc}${path}`, init);
    seen.push(await response.text(), JSON.stringify([...response.headers]));
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pheme-canary-'));
    home = join(folder, 'home');
    const port = await freeBasePort(2);
    rpc = `http://127.0.0.1:${port + 1}`;
    await pheme(['init', '--home', home, '--p2p-port', `${port}`, '--rpc-port', `${port + 1}`]);
    const { seed } = JSON.parse(await readFile(join(home, 'key.json'), 'utf8')) as { seed: string };
    const token = (await readFile(join(home, 'api-token'), 'utf8')).trim();
    secrets = { 'API key': API_KEY, passphrase: PASSPHRASE, seed, token };
    endpoint = await startEndpoint();
    const { port: endpointPort } = endpoint.address() as AddressInfo;
    const lines = [
      `OPENAI_API_KEY=${API_KEY}`,
      `MODEL_ENDPOINT=http://127.0.0.1:${endpointPort}/v1`,
      'DEFAULT_MODEL=remote',
    ];
    await appendFile(join(home, '.env'), `${lines.join('\n')}\n`, { mode: 0o600 });
    const passphraseFile = join(folder, 'passphrase');
    await writeFile(passphraseFile, PASSPHRASE, { mode: 0o600 });
    assert.equal(await told(['keys', 'encrypt', '--passphrase-file', passphraseFile]), 0, seen.join('\n'));
    node = spawn(process.execPath, [PHEME, 'start', '--home', home, '--log-level', 'debug'], {
      env: { ...cleanEnvironment(), PHEME_PASSPHRASE: PASSPHRASE },
    });
    node.stdout!.on('data', (text: Buffer) => seen.push(text.toString()));
    node.stderr!.on('data', (text: Buffer) => seen.push(text.toString()));
    await until(() =>
      fetch(`${rpc}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      ),
    );
  });

  after(async () => {
    node?.kill('SIGTERM');
    if (node !== undefined) await exitCodeOf(node);
    await new Promise((done) => endpoint?.close(done));
    await rm(folder, { recursive: true, force: true });
  });

  it('never stand in a log, an error, a metric, a result, a bundle or an answer', async () => {
    const diff = await sample('sql-injection.diff');
    await told(['review', '-', '--json', '--timeout', '30s'], diff);
    await told(['judge', '-'], '{"type":"CODE_REVIEW"}\n');
    await told(['submit', '-'], '{"type":"POETRY"}');
    for (const command of ['status', 'health', 'peers', 'validators', 'results', 'evidence', 'doctor'])
      await told([command]);
    await told(['config', 'show']);
    await told(['config', 'show', '--json']);
    await told(['keys', 'show']);
    await told(['debug', 'dump', join(folder, 'bundle.json')]);
    seen.push(await readFile(join(folder, 'bundle.json'), 'utf8'));
    for (const method of ['status', 'genesis', 'health', 'metrics', 'listResults', 'listTasks'])
      await asked(`/rpc/pheme_${method}`);
    await asked('/metrics');
    await asked('/readyz');
    const wrong = { authorization: `Bearer ${secrets['token']}x`, 'content-type': 'application/json' };
    await asked('/', {
      method: 'POST',
      headers: wrong,
      body: '{"jsonrpc":"2.0","id":1,"method":"pheme_submitTask","params":{}}',
    });
    const everything = seen.join('\n');
    assert.ok(everything.length > 10_000, 'there must be something to look through');
    for (const [name, secret] of Object.entries(secrets)) {
      assert.ok(secret.length >= 16);
      assert.equal(everything.includes(secret), false, `the ${name} leaked: ${around(everything, secret)}`);
    }
  });

  it('do not stand in the command line of the process', async () => {
    const line = await readFile(`/proc/${node.pid}/cmdline`, 'utf8');
    for (const secret of Object.values(secrets)) assert.equal(line.includes(secret), false);
  });
});

function around(text: string, secret: string): string {
  const at = text.indexOf(secret);
  return text.slice(Math.max(0, at - 120), at);
}
