import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { loadKey } from '../../src/config/key.ts';
import { initHome } from '../../src/config/testnet.ts';
import { toHex } from '../../src/protocol/bytes.ts';
import { writeFileMode } from '../config/temp-home.ts';
import { makeResult } from '../node/result-fixture.ts';
import { type FakeNode, startFakeNode, TOKEN } from './fake-node.ts';
import { run } from './run.ts';

interface Bundle {
  versions: { pheme: string };
  config: { values: { models: Record<string, { apiKey?: string }> } } | null;
  doctor: { findings: unknown[] };
  node: Record<string, unknown> | null;
  log: string[];
}

describe('pheme debug dump', function () {
  this.timeout(30_000);
  const fixture = makeResult();
  const task = { type: 'CODE_REVIEW' as const, canary: 'body-canary' };
  let node: FakeNode;

  beforeEach(async () => {
    node = await startFakeNode(fixture, {
      getTask: async (taskId) => ({ taskId, state: 'decided', task: task as never, firstSeenAt: null }),
    });
  });
  afterEach(() => node.stop());

  const dump = async (file: string, ...args: string[]) =>
    run(['debug', 'dump', join(node.home, file), '--home', node.home, '--offline', '--json', ...args], {
      env: { OPENAI_API_KEY: 'canary-openai-key', DATABASE_URL: 'postgres://u:canary-password@127.0.0.1:1/x' },
    });

  it('gathers what a node says, the configuration and the doctor, without bodies of tasks', async () => {
    const ran = await dump('bundle.json');
    assert.equal(ran.code, 0, ran.stderr);
    const text = await readFile(join(node.home, 'bundle.json'), 'utf8');
    const bundle = JSON.parse(text) as Bundle;
    assert.match(bundle.versions.pheme, /^\d+\.\d+\.\d+$/);
    assert.ok(bundle.doctor.findings.length > 5);
    for (const part of ['status', 'health', 'peers', 'validators', 'metrics', 'prometheus', 'results', 'explanations'])
      assert.ok(bundle.node?.[part] !== undefined, part);
    assert.ok(text.includes(fixture.result.taskId));
    assert.ok(!text.includes('body-canary'));
    assert.equal((await stat(join(node.home, 'bundle.json'))).mode & 0o777, 0o600);
  });

  it('adds the bodies when asked, and says so', async () => {
    const ran = await dump('bundle.json.gz', '--with-tasks');
    assert.match(ran.stderr, /holds the text of tasks/);
    const text = gunzipSync(await readFile(join(node.home, 'bundle.json.gz'))).toString();
    assert.ok(text.includes('body-canary'));
  });

  it('holds no secret, wherever one has got to', async () => {
    const other = join(node.home, 'other');
    await initHome({ home: other });
    const { seed } = await loadKey({ home: other });
    await writeFile(join(node.home, 'key.json'), await readFile(join(other, 'key.json')), { mode: 0o600 });
    const settings = await readFile(join(node.home, 'validator.yml'), 'utf8');
    const models = 'models: {gpt: {provider: openai, endpoint: "http://127.0.0.1:1/v1", apiKey: canary-api-key}}\n';
    await writeFileMode(join(node.home, 'validator.yml'), settings + models, 0o600);
    const log = ['token', TOKEN, 'canary-openai-key', 'canary-api-key', 'canary-password'].join(' ');
    await writeFile(join(node.home, 'node.log'), `${log}\nlast line\n`);
    const ran = await dump('bundle.json');
    assert.equal(ran.code, 0, ran.stderr);
    const text = await readFile(join(node.home, 'bundle.json'), 'utf8');
    for (const secret of [TOKEN, 'canary-openai-key', 'canary-api-key', 'canary-password', toHex(seed)])
      assert.ok(!text.includes(secret), secret.slice(0, 12));
    const bundle = JSON.parse(text) as Bundle;
    assert.equal(bundle.log.at(-1), 'last line');
    assert.equal(bundle.config!.values.models['gpt']!.apiKey, 'redacted');
  });

  it('is written also where the configuration is broken and no node runs', async () => {
    await writeFile(join(node.home, 'validator.yml'), 'rpc: {prot: 1}\n');
    const ran = await dump('bundle.json');
    assert.equal(ran.code, 0, ran.stderr);
    const bundle = JSON.parse(await readFile(join(node.home, 'bundle.json'), 'utf8')) as Bundle;
    assert.deepEqual([bundle.config, bundle.node], [null, null]);
    assert.ok(JSON.stringify(bundle.doctor).includes('did you mean rpc.port'));
  });
});
