import { loadApiToken, loadGenesis, loadTokens } from '../config/home.ts';
import { homePaths } from '../config/home-paths.ts';
import { bindKeyToData, loadKey, peerIdOf, rebindKeyToData, type ValidatorKey } from '../config/key.ts';
import { assertModelAccess, type Config } from '../config/load.ts';
import { assertSameRules, observerPolicy } from '../config/rules.ts';
import type { Logger, Store } from '../engine/ports.ts';
import { endpointFaults } from '../models/openai/memory.ts';
import { createLibp2pNetwork } from '../network/libp2p-network.ts';
import { createCommittee } from '../protocol/committee.ts';
import { genesisWarnings } from '../protocol/genesis.ts';
import { type RpcServer, startRpcServer } from '../rpc/server.ts';
import { startAdapters, stopAll } from './adapters.ts';
import { assertCustomModels, createJudges } from './judges.ts';
import { createNodeApi } from './node-api.ts';
import { openNodeStore } from './node-store.ts';
import { packageVersion } from './package-version.ts';
import { systemClock } from './system.ts';
import { ValidatorNode } from './validator-node.ts';
import type { WorkerPool } from './worker-pool.ts';

/** Waiting judgements beyond which the queue is reported as unhealthy. */
const QUEUED_MAX = 500;

export interface DaemonOptions {
  config: Config;
  /** Follow, verify and serve, but never vote. */
  observer: boolean;
  logger: Logger;
}

/** A running node and what it listens on. */
export interface Daemon {
  readonly node: ValidatorNode;
  readonly rpcUrl: string;
  /**
   * Stops in the reverse order of the start, each part awaited.
   * @param onWait told what is being waited for
   */
  stop(deadlineMs: number, onWait?: (part: string) => void): Promise<void>;
}

/** One part of a running daemon, in the order of the start. */
interface Part {
  name: string;
  stop(deadlineMs: number): Promise<void>;
}

/**
 * Builds a node from its home and starts it: store, judges, engine and network, RPC. What was started is stopped
 * again if a later part fails.
 * @throws ValidationError with the codes of config, store, network and RPC
 */
export async function startDaemon({ config, observer, logger }: DaemonOptions): Promise<Daemon> {
  const paths = homePaths(config.home);
  const genesis = await loadGenesis(paths.genesis);
  assertSameRules(config, genesis);
  assertModelAccess(config);
  await assertCustomModels(config);
  const observers = observerPolicy(config, genesis);
  const key = await loadKey({
    home: config.home,
    ...(config.validatorKey === undefined ? {} : { validatorKey: config.validatorKey }),
  });
  const write = [await loadApiToken(config.home, config.rpc.tokenFile)];
  const read = config.rpc.readTokenFile === undefined ? [] : await loadTokens(config.rpc.readTokenFile);
  const peerId = await peerIdOf(key.seed);
  const version = packageVersion();
  for (const warning of genesisWarnings(genesis)) logger.warn({}, warning);

  const parts: Part[] = [];
  const started = <T>(name: string, part: T, stop: (part: T, deadlineMs: number) => Promise<void>): T => {
    parts.push({ name, stop: (deadlineMs) => stop(part, deadlineMs) });
    return part;
  };
  try {
    const { store, notes, journalDamaged } = await openNodeStore(paths.data, logger);
    started('the database', store, (open) => open.close());
    const foreign = await isForeign(key, store, logger);
    const pool = started('the judges', createJudges(config), (running) => running.stop());
    const node = await ValidatorNode.start(
      { genesis, seed: key.seed, observer, untrustedJournal: foreign || journalDamaged },
      {
        store,
        judge: pool,
        logger,
        probes: { queue: () => queueFaults(pool), models: () => endpointFaults(pool.snapshot().endpoints) },
        connect: (handlers) =>
          createLibp2pNetwork(
            {
              seed: key.seed,
              committee: createCommittee(genesis),
              listen: [...config.network.listen],
              peers: [...config.network.peers],
              observers: { max: observers.max, allow: observers.allow === 'any' ? 'any' : [...observers.allow] },
              agentVersion: `pheme/${version}`,
              logger,
            },
            handlers,
          ),
      },
    );
    started('the network', node, (running) => running.stop());
    if (foreign) started('the probation', rebindLater(key, store, node, logger), async (cancel) => cancel());
    const endpoints = () => pool.snapshot().endpoints;
    const api = createNodeApi(node, { version, peerId, defaultModel: config.defaultModel, endpoints });
    const { host, port, allowedHosts, limits } = config.rpc;
    const rpc = started(
      'the RPC',
      await startRpcServer(
        { host, port, allowedHosts: [...allowedHosts], tokens: { write, read }, limits },
        { api, logger },
      ),
      (server: RpcServer, deadlineMs) => server.stop(deadlineMs),
    );
    const adapters = await startAdapters(config, node, { notes, logger });
    started('the adapters', adapters, (running) => stopAll(running));
    return { node, rpcUrl: rpc.url, stop: (deadlineMs, onWait) => stopParts(parts, deadlineMs, onWait) };
  } catch (error) {
    await stopParts(parts, 0);
    throw error;
  }
}

async function stopParts(parts: Part[], deadlineMs: number, onWait: (part: string) => void = () => {}): Promise<void> {
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    onWait(part.name);
    await part.stop(deadlineMs);
  }
}

/** R29: a key that signed for another data directory may have said there what this journal does not know. */
async function isForeign(key: ValidatorKey, store: Store, logger: Logger): Promise<boolean> {
  const binding = await bindKeyToData(key, store.storeId);
  if (binding === 'other') {
    logger.error(
      { keyFile: key.path },
      'this key signed for another data directory: following open tasks without signing, so that nothing is contradicted',
    );
  }
  return binding === 'other';
}

/** Once the probation is over, what the key said for the old directory cannot matter any more. */
function rebindLater(key: ValidatorKey, store: Store, { engine }: ValidatorNode, logger: Logger): () => void {
  return systemClock.setTimer(engine.trustedAfterMs - systemClock.nowMs(), () => {
    rebindKeyToData(key, store.storeId).then(
      () => logger.info({}, 'the key signs for this data directory from now on'),
      (error: Error) => logger.error({ error: error.message }, 'the key file cannot be written'),
    );
  });
}

/** Judgements that wait longer than the judges' budget become abstentions: worth a warning well before. */
function queueFaults(pool: WorkerPool): string[] {
  const { queued } = pool.snapshot();
  return queued <= QUEUED_MAX
    ? []
    : [`${queued} judgements wait for a worker: raise worker.concurrency or use a faster model`];
}
