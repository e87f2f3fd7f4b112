import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { loadConfig } from '../../../src/config/load.ts';
import { redact } from '../../../src/config/redact.ts';
import { initHome } from '../../../src/config/testnet.ts';
import { createMockCodeReviewTask } from '../../../src/models/mock-task.ts';
import { type Daemon, startDaemon } from '../../../src/node/daemon.ts';
import type { AnchorProof } from '../../../src/protocol/anchor.ts';
import { run } from '../../cli/run.ts';
import { useTempDirectory } from '../../config/temp-home.ts';
import { type Anvil, CHAIN_ID, newAnvil, OWNER_KEY } from './anvil.ts';

const quiet = () => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };

/** A whole node of its own network, a real chain node, and the commands of an auditor. */
describe('anchors, from pheme chain deploy to pheme verify --chain', () => {
  const directory = useTempDirectory();
  let anvil: Anvil;
  let daemon: Daemon;
  let home: string;
  let environment: Record<string, string>;

  beforeEach(async function () {
    anvil = await newAnvil(this, join(directory(), 'chain.json'));
    home = join(directory(), 'home');
    await initHome({ home });
    await writeFile(join(home, 'chain-key'), `${OWNER_KEY}\n`, { mode: 0o600 });
    const flags = ['--chain', anvil.url, '--key-file', join(home, 'chain-key')];
    const deploying = run(['chain', 'deploy', '--home', home, ...flags, '--json']);
    await mineUntil(async () => (await anvil.rpc('eth_getTransactionCount', OWNER, 'latest')) === '0x1');
    const { code, stdout, stderr } = await deploying;
    assert.equal(code, 0, stderr);
    const { contract, chainId } = JSON.parse(stdout) as { contract: string; chainId: number };
    assert.equal(chainId, CHAIN_ID);
    environment = {
      PHEME_RPC_PORT: '0',
      PHEME_NETWORK_LISTEN: '/ip4/127.0.0.1/tcp/0',
      PHEME_CHAIN_RPC_URL: anvil.url,
      PHEME_CHAIN_CONTRACT: contract,
      PHEME_CHAIN_CHAIN_ID: String(CHAIN_ID),
      PHEME_CHAIN_KEY_FILE: 'chain-key',
      PHEME_CHAIN_BATCH_MS: '0',
      PHEME_CHAIN_CONFIRMATIONS: '2',
    };
    daemon = await start();
  });
  afterEach(async () => {
    await daemon?.stop(1_000);
    await anvil?.stop();
  });

  const OWNER = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266';

  async function start(): Promise<Daemon> {
    const { config } = await loadConfig({ home, environment });
    return startDaemon({ config, observer: false, logger });
  }

  async function mineUntil(condition: () => Promise<boolean>): Promise<void> {
    while (!(await condition())) {
      await anvil.mine();
      await delay(100);
    }
  }

  const ask = (args: readonly string[]) => run([...args, '--home', home, '--rpc', daemon.rpcUrl, '--json']);
  const decide = async (headSha: string) => {
    const taskId = await daemon.node.submit({ ...createMockCodeReviewTask(), headSha });
    await daemon.node.waitForResult(taskId, 15_000, new AbortController().signal);
    return taskId;
  };

  it('proves a result by the chain, refuses an altered one, and keeps its proofs over a restart', async function () {
    this.timeout(60_000); // commands one after the other, each with a node to verify against
    const taskId = await decide('a'.repeat(40));
    const early = await ask(['export', taskId, '--format', 'anchor']);
    assert.deepEqual(
      [early.code, (JSON.parse(early.stdout) as { error: { code: string } }).error.code],
      [3, 'NO_RESULT'],
    );
    await mineUntil(async () => (await ask(['export', taskId, '--format', 'anchor'])).code === 0);
    await daemon.stop(1_000);
    daemon = await start();

    const exported = await ask(['export', taskId, '--format', 'anchor']);
    const proof = JSON.parse(exported.stdout) as AnchorProof;
    assert.deepEqual([proof.chainId, proof.leafCount, proof.path], [CHAIN_ID, 1, []]);
    const result = (await ask(['export', taskId])).stdout;
    const verify = async (given: { result?: string; proof?: unknown; url?: string }) => {
      const path = join(directory(), 'anchor.json');
      await writeFile(path, JSON.stringify(given.proof ?? proof));
      const args = ['verify', '-', '--home', home, '--chain', given.url ?? anvil.url, '--anchor', path, '--json'];
      const ran = await run(args, { input: given.result ?? result });
      const said = JSON.parse(ran.stdout) as { authentic: boolean; checks?: { name: string; ok: boolean }[] };
      return { code: ran.code, failed: (said.checks ?? []).filter(({ ok }) => !ok).map(({ name }) => name), said };
    };

    const good = await verify({});
    assert.deepEqual([good.code, good.failed], [0, []]);
    const checked = good.said.checks!.map(({ name }) => name).slice(-5);
    assert.deepEqual(checked, ['anchor', 'batch', 'chain', 'contract', 'anchored']);

    const other = await decide('b'.repeat(40));
    const otherResult = (await ask(['export', other])).stdout;
    assert.deepEqual(await failedOf({ result: otherResult }), [1, ['batch']]);
    assert.deepEqual(await failedOf({ proof: { ...proof, root: 'cd'.repeat(32) } }), [1, ['batch', 'anchored']]);
    assert.deepEqual(await failedOf({ proof: { ...proof, chainId: 1 } }), [1, ['chain']]);
    assert.deepEqual(await failedOf({ proof: { ...proof, extra: 1 } }), [1, ['anchor']]);
    const nowhere = { ...proof, contract: `0x${'12'.repeat(20)}` };
    assert.deepEqual(await failedOf({ proof: nowhere }), [1, ['contract', 'anchored']]);
    const altered = JSON.stringify({ ...(JSON.parse(result) as object), outcome: 'EXPIRED' });
    const refused = await verify({ result: altered });
    assert.deepEqual([refused.code, refused.said.authentic], [1, false]);
    assert.equal((await verify({ url: 'http://127.0.0.1:9' })).code, 3, 'a chain that does not answer proves nothing');

    async function failedOf(given: Parameters<typeof verify>[0]): Promise<[number, string[]]> {
      const { code, failed } = await verify(given);
      return [code, failed];
    }
  });

  it('decides as ever while the chain is away, and shows neither key nor RPC path', async () => {
    await anvil.stop();
    const startedMs = performance.now();
    await decide('c'.repeat(40));
    assert.ok(performance.now() - startedMs < 10_000);
    const secret = 'f00d'.repeat(16);
    const { PHEME_CHAIN_KEY_FILE: _file, ...rest } = environment;
    const given = { ...rest, PHEME_CHAIN_KEY: secret, PHEME_CHAIN_RPC_URL: 'https://rpc.example/v3/s3cr3t' };
    const shown = JSON.stringify(redact((await loadConfig({ home, environment: given })).config));
    assert.ok(!shown.includes(secret) && !shown.includes('s3cr3t'));
    assert.match(shown, /https:\/\/rpc\.example\/redacted/);
  });
});
