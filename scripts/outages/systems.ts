import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { privateKeyToAccount } from 'viem/accounts';
import { deployContract } from '../../src/adapters/evm/sender.ts';
import { createCommittee } from '../../src/protocol/committee.ts';
import type { Genesis } from '../../src/protocol/genesis.ts';
import { Anvil, CHAIN_ID } from '../../test/adapters/evm/anvil.ts';
import { PostgresServer } from '../../test/adapters/postgres/server.ts';
import { RedisProcess } from '../../test/adapters/queue/redis-process.ts';
import { Receiver } from '../../test/adapters/webhooks/receiver.ts';
import { requiredProgram } from '../../test/system-programs.ts';
import { freeBasePort } from '../processes.ts';

/** What an adapter is connected with: a real server on loopback that can be stopped and started again. */
export interface OutsideSystem {
  port: number;
  /** Sections of a validator's configuration that reach it by another port. */
  sections(port: number, index: number, genesis: Genesis): object | Promise<object>;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Stops it for good, and leaves nothing. */
  remove(): Promise<void>;
}

/** Each with the part of a health report that tells of it. */
export const SYSTEMS = {
  queue: { create: redis, part: 'queue' },
  postgres: { create: postgres, part: 'database' },
  webhooks: { create: webhooks, part: 'database' },
  chain: { create: chain, part: 'database' },
} as const satisfies Record<string, { create: () => Promise<OutsideSystem>; part: 'queue' | 'database' }>;

export type SystemName = keyof typeof SYSTEMS;

export function isSystem(name: string): name is SystemName {
  return Object.hasOwn(SYSTEMS, name);
}

async function redis(): Promise<OutsideSystem> {
  const server = await RedisProcess.create(requiredProgram('redis-server'));
  await server.start();
  return {
    port: server.port,
    sections: (port) => ({ queue: { url: `redis://127.0.0.1:${port}` } }),
    start: () => server.start(),
    stop: () => server.stop(),
    remove: () => server.remove(),
  };
}

async function postgres(): Promise<OutsideSystem> {
  const server = await PostgresServer.create(requiredProgram('postgres'));
  return {
    port: Number(new URL(server.url).port),
    sections: (port) => ({ database: { url: Object.assign(new URL(server.url), { port }).href } }),
    start: () => server.start(),
    stop: () => server.stop(),
    remove: () => server.remove(),
  };
}

async function webhooks(): Promise<OutsideSystem> {
  let receiver = await Receiver.start();
  const { port } = receiver;
  let listening = true;
  const stop = async () => {
    if (listening) await receiver.stop();
    listening = false;
  };
  return {
    port,
    sections: (through) => ({ webhooks: [{ url: `http://127.0.0.1:${through}/hook`, allowPrivate: true }] }),
    async start() {
      receiver = await Receiver.start('127.0.0.1', undefined, port);
      listening = true;
    },
    stop,
    remove: stop,
  };
}

const BLOCK_MS = 500;
const RICH = `0x${(10n ** 24n).toString(16)}`;

/** One contract, and a key of its own for every validator. */
async function chain(): Promise<OutsideSystem> {
  const folder = await mkdtemp(join(tmpdir(), 'pheme-chain-'));
  const anvil = new Anvil(await freeBasePort(1), join(folder, 'state.json'));
  await anvil.start();
  let mining: NodeJS.Timeout | undefined;
  const mine = () => {
    mining = setInterval(() => void anvil.mine().catch(() => undefined), BLOCK_MS);
  };
  const stop = async () => {
    clearInterval(mining);
    await anvil.stop();
  };
  mine();
  const keyOf = (index: number) => `0x${(index + 1).toString(16).padStart(64, '0')}` as const;
  let contract: Promise<string> | undefined;
  const deploy = async ({ validators, ...genesis }: Genesis): Promise<string> => {
    const writers = validators.map((_, index) => privateKeyToAccount(keyOf(index)).address);
    for (const writer of writers) await anvil.rpc('anvil_setBalance', writer, RICH);
    const { networkId } = createCommittee({ ...genesis, validators });
    const flags = { rpcUrl: anvil.url, key: keyOf(0), networkId, writers: writers.slice(1) };
    return (await deployContract(flags)).contract;
  };
  return {
    port: Number(new URL(anvil.url).port),
    async sections(port, index, genesis) {
      contract ??= deploy(genesis);
      const place = { rpcUrl: `http://127.0.0.1:${port}`, chainId: CHAIN_ID, contract: await contract };
      return { chain: { ...place, key: keyOf(index), batchMs: BLOCK_MS, confirmations: 1 } };
    },
    async start() {
      await anvil.start();
      mine();
    },
    stop,
    async remove() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
