import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { toEventSelector } from 'viem';
import type { AdapterHost, DecidedTask } from '../../../src/adapters/adapter.ts';
import { AnchorReader } from '../../../src/adapters/evm/anchor-chain.ts';
import { type AnchorOptions, startAnchors } from '../../../src/adapters/evm/anchors.ts';
import { BatchLog } from '../../../src/adapters/evm/batch-log.ts';
import { deployContract } from '../../../src/adapters/evm/sender.ts';
import type { ResultFollower } from '../../../src/adapters/result-follower.ts';
import { systemClock } from '../../../src/node/system.ts';
import { sha256Hex } from '../../../src/protocol/sha256.ts';
import { createMemoryStore } from '../../../src/store/memory-store.ts';
import { useTempDirectory } from '../../config/temp-home.ts';
import { type Anvil, CHAIN_ID, newAnvil, OTHER_KEY, OWNER_KEY } from './anvil.ts';

const NETWORK = 'aa'.repeat(32);
const ANCHORED = toEventSelector('Anchored(bytes32,bytes32,address)');
const CONFIG = 'bb'.repeat(32);
const idOf = (number: number) => sha256Hex(Buffer.from(`task ${number}`));

/** The part of a node that the adapter uses: decisions that grow, and durable notes. */
function decisions() {
  const news = new EventEmitter();
  const order: DecidedTask[] = [];
  const { notes } = createMemoryStore();
  const silent = () => {};
  const host = {
    networkId: NETWORK,
    configDigest: CONFIG,
    notes,
    clock: systemClock,
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    onDecided: (listener: () => void) => {
      news.on('decided', listener);
      return () => news.off('decided', listener);
    },
    decidedAfter: async (sequence: number, limit: number) => order.slice(sequence, sequence + limit),
    getResult: async (taskId: string) => ({ taskId, core: `${taskId}00` }),
  } as unknown as AdapterHost;
  const decide = (count: number) => {
    for (let i = 0; i < count; i++) order.push({ sequence: order.length + 1, taskId: idOf(order.length + 1) });
    news.emit('decided', order.at(-1)!.taskId);
  };
  return { host, decide, log: new BatchLog(notes) };
}

async function until<T>(condition: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    await delay(10);
  }
}

describe('anchors on a real chain node', () => {
  const directory = useTempDirectory();
  let anvil: Anvil;
  let options: AnchorOptions;
  let reader: AnchorReader;
  let running: ResultFollower[];

  beforeEach(async function () {
    running = [];
    anvil = await newAnvil(this, join(directory(), 'chain.json'));
    const deploying = deployContract({ rpcUrl: anvil.url, key: OWNER_KEY, networkId: NETWORK, writers: [] });
    await until(async () => (await anvil.waiting()).length === 1);
    await anvil.mine();
    const { contract } = await deploying;
    const place = { rpcUrl: anvil.url, contract };
    reader = new AnchorReader(place);
    options = {
      ...place,
      chainId: CHAIN_ID,
      key: OWNER_KEY,
      feeMaxGwei: 500,
      batchMax: 100,
      batchMs: 0,
      confirmations: 3,
      pollMs: 20,
    };
  });
  afterEach(async () => {
    await Promise.all(running.map((adapter) => adapter.stop()));
    await anvil?.stop();
  });

  function start(host: AdapterHost, more: Partial<AnchorOptions> = {}): ResultFollower {
    const adapter = startAnchors({ ...options, ...more }, host);
    running.push(adapter);
    return adapter;
  }
  const oneWaits = () => until(async () => ((await anvil.waiting()).length === 1 ? (await anvil.waiting())[0] : false));
  const anchored = (root: string) => reader.anchoredAt(CONFIG, root);
  /** Every Anchored event of the chain as it is now. */
  async function events(): Promise<unknown[]> {
    return (await anvil.rpc('eth_getLogs', {
      topics: [ANCHORED],
      fromBlock: 'earliest',
      toBlock: 'latest',
      address: options.contract,
    })) as unknown[];
  }

  it('anchors what was decided in batches, each once it is as deep as asked for', async () => {
    const { host, decide, log } = decisions();
    decide(5);
    const adapter = start(host, { batchMax: 3 });
    await oneWaits();
    await anvil.mine(2);
    const { root } = (await log.pending())!;
    assert.notEqual(await anchored(root), 0);
    assert.equal(await log.last(), undefined, 'two blocks deep, three are asked for');
    await anvil.mine();
    const first = await until(() => log.last());
    assert.deepEqual([first.first, first.last, first.root], [1, 3, root]);
    await oneWaits();
    await anvil.mine(3);
    await until(async () => adapter.delivered === 5);
    assert.deepEqual(
      [(await log.holding(5))?.first, (await log.holding(2))?.last, await log.holding(6)],
      [4, 3, undefined],
    );
    assert.equal((await events()).length, 2);
    assert.deepEqual(adapter.faults(), []);
  });

  it('gathers what is decided within batchMs into one transaction', async () => {
    const { host, decide, log } = decisions();
    start(host, { batchMs: 150 });
    decide(1);
    await delay(20);
    decide(3);
    await oneWaits();
    assert.equal((await log.pending())?.last, 4);
  });

  it('goes on after a restart with the transaction that is under way, whatever was decided since', async () => {
    const { host, decide, log } = decisions();
    decide(2);
    const before = start(host);
    const { hash } = await oneWaits();
    await before.stop();
    decide(1);
    const after = start(host);
    await delay(100);
    assert.deepEqual(
      (await anvil.waiting()).map((waiting) => waiting.hash),
      [hash],
    );
    await anvil.mine(3);
    assert.deepEqual(await until(() => log.last()), { ...(await log.last())!, first: 1, last: 2, tx: hash });
    await oneWaits();
    await anvil.mine(3);
    await until(async () => after.delivered === 3);
    assert.equal((await events()).length, 2);
  });

  it('finds an anchor that was mined while it was stopped, and sends nothing', async () => {
    const { host, decide, log } = decisions();
    decide(1);
    const before = start(host);
    await oneWaits();
    await before.stop();
    await anvil.mine(3);
    const after = start(host);
    await until(async () => after.delivered === 1);
    assert.notEqual((await log.last())?.tx, null);
    assert.deepEqual(await anvil.waiting(), []);
  });

  it('anchors again what a reorganisation took away before it was deep enough', async () => {
    const { host, decide } = decisions();
    decide(1);
    const snapshot = await anvil.rpc('evm_snapshot');
    const adapter = start(host);
    await oneWaits();
    await anvil.mine(2);
    const [event] = await events();
    assert.ok(event !== undefined);
    assert.equal(await anvil.rpc('evm_revert', snapshot), true);
    assert.deepEqual(await events(), [], 'the anchor is gone');
    await oneWaits();
    await anvil.mine(3);
    await until(async () => adapter.delivered === 1);
    assert.equal((await events()).length, 1);
  });

  it('ends with one anchor when blocks are replaced by anvil_reorg', async () => {
    const { host, decide } = decisions();
    decide(1);
    const adapter = start(host, { confirmations: 4 });
    await oneWaits();
    await anvil.mine(2);
    await anvil.rpc('anvil_reorg', 2, []);
    await until(async () => {
      await anvil.mine();
      await delay(30);
      return adapter.delivered === 1;
    });
    assert.equal((await events()).length, 1);
  });

  it('offers more under the same nonce where the base fee rose above its offer', async () => {
    const { host, decide, log } = decisions();
    decide(1);
    const adapter = start(host);
    const cheap = await oneWaits();
    const raised = async () => anvil.rpc('anvil_setNextBlockBaseFeePerGas', `0x${(20_000_000_000n).toString(16)}`);
    const dear = await until(async () => {
      await raised();
      await anvil.mine();
      await delay(30);
      const [waiting] = await anvil.waiting();
      return waiting !== undefined && waiting.hash !== cheap.hash
        ? waiting
        : (await events()).length > 0
          ? cheap
          : false;
    });
    await until(async () => {
      await anvil.mine();
      await delay(20);
      return adapter.delivered === 1;
    });
    assert.notEqual((await log.last())?.tx, cheap.hash);
    assert.equal(dear.nonce, cheap.nonce);
    assert.equal((await events()).length, 1);
  });

  it('never offers more than the operator allows, and waits until that is enough', async () => {
    const { host, decide, log } = decisions();
    decide(1);
    const adapter = start(host, { feeMaxGwei: 5 });
    await oneWaits();
    const offers: bigint[] = [];
    for (let block = 0; block < 5; block++) {
      await anvil.rpc('anvil_setNextBlockBaseFeePerGas', `0x${(20_000_000_000n).toString(16)}`);
      await anvil.mine();
      await delay(30);
      offers.push(BigInt((await log.pending())!.sent!.maxFeePerGas));
    }
    assert.ok(offers.every((offer) => offer <= 5_000_000_000n));
    assert.equal((await events()).length, 0);
    await until(async () => {
      await anvil.rpc('anvil_setNextBlockBaseFeePerGas', '0x1');
      await anvil.mine();
      await delay(30);
      return adapter.delivered === 1;
    });
    assert.equal((await events()).length, 1);
  });

  it('says that the chain is away, keeps results meanwhile, and goes on once its node is back with its state', async () => {
    const { host, decide } = decisions();
    decide(1);
    const adapter = start(host);
    await oneWaits();
    await anvil.mine(3);
    await until(async () => adapter.delivered === 1);
    await anvil.stop();
    decide(2);
    await until(async () => adapter.faults().length > 0);
    assert.match(adapter.faults()[0]!, /^chain: .*; results are kept and delivered later$/);
    assert.ok(!adapter.faults()[0]!.includes(anvil.url), 'the address of the node may hold a secret');
    await anvil.start();
    await oneWaits();
    await anvil.mine(3);
    await until(async () => adapter.delivered === 3);
    assert.deepEqual(adapter.faults(), []);
    assert.equal((await events()).length, 2);
  });

  it('sends again what the chain node lost in a restart', async () => {
    const { host, decide } = decisions();
    decide(1);
    const adapter = start(host);
    const { hash } = await oneWaits();
    await anvil.rpc('anvil_dropAllTransactions');
    assert.equal((await oneWaits()).hash, hash);
    await anvil.mine(3);
    await until(async () => adapter.delivered === 1);
  });

  it('refuses a node of another chain, a contract of another network, and none', async () => {
    const { host, decide } = decisions();
    decide(1);
    const faultOf = async (given: AdapterHost, more: Partial<AnchorOptions>) => {
      const adapter = start(given, more);
      return (await until(async () => adapter.faults()[0])) as string;
    };
    assert.match(await faultOf(host, { chainId: 1 }), /answers for chain 31337, chain\.chainId is 1/);
    assert.match(await faultOf({ ...host, networkId: CONFIG }, {}), /anchors network aaaa/);
    assert.match(await faultOf(host, { contract: `0x${'12'.repeat(20)}` }), /holds no anchor contract/);
    assert.match(await faultOf(host, { key: OTHER_KEY }), /NotWriter/);
    assert.deepEqual(await anvil.waiting(), []);
  });
});
