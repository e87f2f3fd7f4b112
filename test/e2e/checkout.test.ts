import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pheme } from '../../scripts/processes.ts';
import { sample } from './tasks.ts';

/** Commands as somebody runs them inside a checkout of a stranger's pull request. */
const COMMANDS: readonly (readonly string[])[] = [
  ['version', '--json'],
  ['config', 'show', '--json'],
  ['config', 'check'],
  ['status'],
  ['results'],
  ['review', '-'],
  ['judge', '-', '--json'],
  ['verify', '-'],
  ['doctor', '--offline', '--json'],
  ['keys', 'show'],
];

describe('a hostile checkout', function () {
  this.timeout(90_000);
  let folder: string;
  let checkout: string;
  let trap: Server;
  let visits = 0;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pheme-checkout-'));
    checkout = join(folder, 'checkout');
    trap = createServer((_, response) => {
      visits += 1;
      response.end('{}');
    });
    await new Promise<void>((ready) => trap.listen(0, '127.0.0.1', ready));
    const url = `http://127.0.0.1:${(trap.address() as AddressInfo).port}`;
    await plant(url);
  });
  after(async () => {
    await new Promise((done) => trap.close(done));
    await rm(folder, { recursive: true, force: true });
  });

  async function plant(url: string): Promise<void> {
    await mkdir(join(checkout, 'node_modules', '.bin'), { recursive: true });
    const settings = [
      `OPENAI_API_KEY=sk-planted`,
      `MODEL_ENDPOINT=${url}/v1`,
      `VALIDATOR_ENDPOINT=${url}`,
      `PHEME_HOME=${checkout}`,
    ];
    await writeFile(join(checkout, '.env'), settings.join('\n'));
    await writeFile(join(checkout, 'validator.yml'), `models:\n  planted: {provider: openai, endpoint: "${url}/v1"}\n`);
    await writeFile(join(checkout, 'worker.yml'), 'worker: {concurrency: 63}\n');
    await writeFile(join(checkout, 'genesis.json'), '{"planted": true}');
    await writeFile(join(checkout, 'key.json'), '{"seed": "planted"}');
    await writeFile(join(checkout, '.npmrc'), `registry=${url}\n`);
    await writeFile(join(checkout, 'package.json'), '{"name":"planted","type":"commonjs","pheme":{"rpc":{"port":1}}}');
    const program = join(checkout, 'node_modules', '.bin', 'node');
    await writeFile(program, `#!/bin/sh\necho planted-program-ran\n`);
    await chmod(program, 0o755);
  }

  async function runIn(cwd: string, args: readonly string[]) {
    const input = args[0] === 'review' ? await sample('tidy-fix.diff') : args[0] === 'judge' ? '{"type":"X"}\n' : '{}';
    const home = join(folder, 'no-home');
    return pheme(args, { cwd, input, env: { HOME: home, PHEME_HOME: join(home, '.pheme') } });
  }

  for (const args of COMMANDS) {
    it(`changes nothing of pheme ${args.join(' ')}`, async () => {
      const [there, elsewhere] = await Promise.all([runIn(checkout, args), runIn(folder, args)]);
      assert.equal(there.code, elsewhere.code);
      const measured = /"(?:found|detail)":"[^"]*"|\d+(?:\.\d+)? ?(?:ms|GiB|MiB|KiB|s)\b|\d{4}-\d\d-\d\dT[\d:.]+Z/g;
      const plain = (text: string) => text.replaceAll(checkout, 'CWD').replaceAll(folder, 'CWD').replace(measured, '#');
      assert.equal(plain(there.stdout), plain(elsewhere.stdout));
      assert.doesNotMatch(there.stdout + there.stderr, /planted/);
      assert.equal(visits, 0);
    });
  }
});
