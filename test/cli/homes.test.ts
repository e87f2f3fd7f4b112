import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.ts';

describe('commands that make and show homes', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pheme-cli-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  const home = (name = 'home') => join(folder, name);
  const json = async (args: string[]) => JSON.parse((await run([...args, '--json'])).stdout) as Record<string, unknown>;

  it('init makes a home and says that a single validator only notarises', async () => {
    const { code, stderr } = await run(['init', '--home', home()]);
    assert.equal(code, 0);
    assert.match(stderr, /notarised, not agreed/);
    assert.equal((await stat(join(home(), 'key.json'))).mode & 0o777, 0o600);
    assert.equal((await run(['config', 'check', '--home', home()])).code, 0);
  });

  it('init never writes over a home', async () => {
    await run(['init', '--home', home()]);
    const key = await readFile(join(home(), 'key.json'), 'utf8');
    const { code, stderr } = await run(['init', '--home', home()]);
    assert.equal(code, 2);
    assert.match(stderr, /is a home already/);
    assert.equal(await readFile(join(home(), 'key.json'), 'utf8'), key);
  });

  it('init joins a network as an observer when its key is not in the genesis', async () => {
    await run(['testnet', '--output', home('net')]);
    const joined = await run(['init', '--home', home(), '--network', join(home('net'), 'genesis.json')]);
    assert.match(joined.stderr, /can only observe/);
  });

  it('testnet makes homes of one network, each with its own model', async () => {
    const net = await json(['testnet', '--validators', '4', '--output', home('net'), '--base-port', '30100']);
    const validators = net['validators'] as { home: string; rpc: string; publicKey: string }[];
    assert.equal(validators.length, 4);
    assert.equal(new Set(validators.map(({ publicKey }) => publicKey)).size, 4);
    assert.equal(validators[1]?.rpc, 'http://127.0.0.1:30103');
    const models = await Promise.all(
      validators.map(
        async (one) =>
          ((await json(['config', 'show', '--home', one.home]))['config'] as { defaultModel: string }).defaultModel,
      ),
    );
    assert.equal(new Set(models).size, 4);
    for (const one of validators) assert.equal((await run(['config', 'check', '--home', one.home])).code, 0);
  });

  it('testnet writes the rules that it is given, and refuses impossible ones', async () => {
    await run([
      'testnet',
      '--output',
      home('net'),
      '--threshold',
      '0.75',
      '--min-confidence',
      '0.6',
      '--kind',
      'mainnet',
      '--name',
      'main',
    ]);
    const genesis = JSON.parse(await readFile(join(home('net'), 'genesis.json'), 'utf8')) as Record<string, unknown>;
    assert.equal(genesis['kind'], 'mainnet');
    assert.deepEqual(genesis['validation'], {
      minConfidence: '0.6',
      requiredValidators: 2,
      consensusThreshold: '0.75',
      minModelFamilies: 1,
    });
    const refused = await run(['testnet', '--output', home('other'), '--threshold', '0.5']);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /consensusThreshold: must be above 0\.5/);
  });

  it('keys show never shows the secret', async () => {
    await run(['init', '--home', home()]);
    const { seed } = JSON.parse(await readFile(join(home(), 'key.json'), 'utf8')) as { seed: string };
    const { stdout, stderr } = await run(['keys', 'show', '--home', home(), '--json']);
    assert.match(stdout, /"peerId":"12D3Koo/);
    assert.ok(!(stdout + stderr).includes(seed));
  });

  it('keys generate writes a private file and never replaces one', async () => {
    const path = join(folder, 'key.json');
    assert.equal((await run(['keys', 'generate', '--output', path])).code, 0);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const { code, stderr } = await run(['keys', 'generate', '--output', path]);
    assert.equal(code, 2);
    assert.match(stderr, /exists: move it away first/);
  });

  it('config show redacts secrets and names sources', async () => {
    const env = {
      OPENAI_API_KEY: 'sk-canary-1234567890',
      DEFAULT_MODEL: 'gpt-4',
      PHEME_RPC_TOKEN: 'token-canary-aaaaaaaaaaaaaaaaaaaaaaaa',
    };
    const { stdout } = await run(['config', 'show', '--home', home()], { env });
    assert.ok(!stdout.includes('canary'), stdout);
    assert.match(stdout, /models\.gpt-4\.apiKey +redacted +OPENAI_API_KEY/);
  });

  it('config check refuses a key file that others can read', async () => {
    await run(['init', '--home', home()]);
    await chmod(join(home(), 'key.json'), 0o644);
    const { code, stderr } = await run(['config', 'check', '--home', home()]);
    assert.equal(code, 2);
    assert.match(stderr, /chmod 600/);
  });

  it('config check shows every fault at once, with paths', async () => {
    await run(['init', '--home', home()]);
    await writeFile(join(home(), 'validator.yml'), 'rpc: { port: 99999 }\nworker: { concurrency: 0 }\nunknown: 1\n');
    const { code, stderr } = await run(['config', 'check', '--home', home()]);
    assert.equal(code, 2);
    for (const path of ['rpc.port', 'worker.concurrency', 'unknown']) assert.ok(stderr.includes(path), path);
  });

  it("config check refuses rules that are not the network's", async () => {
    await run(['init', '--home', home()]);
    await writeFile(join(home(), 'validator.yml'), 'validation: { minConfidence: 0.5 }\n');
    const { code, stderr } = await run(['config', 'check', '--home', home()]);
    assert.equal(code, 2);
    assert.match(stderr, /validation\.minConfidence: is 0\.5 .* 0\.8/);
  });
});
