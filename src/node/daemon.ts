import { fileURLToPath } from 'node:url';
import type { Adapter } from '../adapters/adapter.ts';
import { loadGenesis, loadRpcTokens } from '../config/home.ts';
import { homePaths } from '../config/home-paths.ts';
import { keepMs } from '../config/integrations.ts';
import { bindKeyToData, loadKey, peerIdOf, rebindKeyToData, type ValidatorKey } from '../config/key.ts';
import type { PassphraseSource } from '../config/key-file.ts';
import { assertModelAccess, type Config } from '../config/load.ts';
import { assertSameRules, observerPolicy } from '../config/rules.ts';
import type { Judge, Logger, Notes, Store } from '../engine/ports.ts';
import type { TaskLimits } from '../engine/task-quota.ts';
import { assertInstantAllowed, InstantModel } from '../models/instant.ts';
import { endpointFaults } from '../models/openai/memory.ts';
import { createLibp2pNetwork } from '../network/libp2p-network.ts';
import { createCommittee } from '../protocol/committee.ts';
import { genesisWarnings } from '../protocol/genesis.ts';
import { type RpcServer, startRpcServer } from '../rpc/server.ts';
import { startAdapters, stopAll } from './adapters.ts';
import { endRestoration, isRestored } from './backup.ts';
import { NodeEvents } from './events.ts';
import { assertCustomModels, createJudges } from './judges.ts';
import { createNodeApi } from './node-api.ts';
import { openNodeStore } from './node-store.ts';
import { packageVersion } from './package-version.ts';
import { Playground } from './playground.ts';
import { startRemoteJudge } from './remote-judging.ts';
import { Retention, type RetentionAges } from './retention.ts';
import { systemClock } from './system.ts';
import { ValidatorNode } from './validator-node.ts';
import type { WorkerPool } from './worker-pool.ts';

/** Where the build puts the page; from the sources and from the build alike. */
const DASHBOARD_FOLDER = fileURLToPath(new URL('../../dist/dashboard', import.meta.url));

/** Waiting judgements beyond which the queue is reported as unhealthy. */
const QUEUED_MAX = 500;

export interface DaemonOptions {
  config: Config;
  /** Follow, verify and serve, but never vote. */
  observer: boolean;
  logger: Logger;
  /** Asked for the passphrase of a sealed key. */
  passphrase?: PassphraseSource | undefined;
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
  /** What it still has to end, in words; nothing if it is idle. */
  busy(): string | undefined;
  stop(deadlineMs: number): Promise<void>;
}

/**
 * Builds a node from its home and starts it: store, judges, engine and network, RPC. What was started is stopped
 * again if a later part fails.
 * @throws ValidationError with the codes of config, store, network and RPC
 */
export async function startDaemon({ config, observer, logger, passphrase }: DaemonOptions): Promise<Daemon> {
  const paths = homePaths(config.home);
  const genesis = await loadGenesis(paths.genesis);
  assertSameRules(config, genesis);
  assertModelAccess(config);
  assertInstantAllowed(Object.values(config.models), genesis.rules.kind);
  await assertCustomModels(config);
  const observers = observerPolicy(config, genesis);
  const key = await loadKey(config, passphrase);
  const tokens = await loadRpcTokens(config);
  const peerId = await peerIdOf(key.publicKey);
  const version = packageVersion();
  for (const warning of genesisWarnings(genesis)) logger.warn({}, warning);

  const parts: Part[] = [];
  const started = <T>(
    name: string,
    part: T,
    stop: (part: T, deadlineMs: number) => Promise<void>,
    busy: (part: T) => string | undefined = () => undefined,
  ): T => {
    parts.push({ name, busy: () => busy(part), stop: (deadlineMs) => stop(part, deadlineMs) });
    return part;
  };
  try {
    const { store, notes, side, pruning, journalDamaged } = await openNodeStore(paths.data, logger);
    started('the database', store, (open) => open.close());
    const restored = await isRestored(notes);
    const foreign = (await isForeign(key, store, logger)) || restored;
    const pool = started('the judges', createJudges(config), (running) => running.stop());
    const remote = await startRemoteJudge(config, judgeOf(config, pool), logger);
    if (remote !== undefined) started('the judging queue', remote, (running) => running.stop());
    const running: Adapter[] = [];
    const faultsOf = (wanted: (name: string) => boolean) =>
      running.filter(({ name }) => wanted(name)).flatMap((part) => part.faults());
    const node = await ValidatorNode.start(
      { genesis, seed: key.seed, observer, untrustedJournal: foreign || journalDamaged, limits: taskLimits(config) },
      {
        store,
        side,
        judge: remote ?? judgeOf(config, pool),
        logger,
        probes: {
          queue: () => [...queueFaults(pool), ...(remote?.faults() ?? []), ...faultsOf((name) => name === 'queue')],
          models: () => endpointFaults(pool.snapshot().endpoints),
          adapters: () => faultsOf((name) => name !== 'queue'),
        },
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
    started(
      'the network',
      node,
      (running) => running.stop(),
      (running) => workText(pool, running),
    );
    if (foreign) rebindLater(key, store, node, logger);
    if (restored) endRestorationLater(notes, node, logger);
    const judging = () => pool.snapshot();
    const events = started('the events', new NodeEvents(node, systemClock), async (running) => running.stop());
    const playground = started('the playground', new Playground({ config }), (running) => running.stop());
    const { engine } = node;
    const retention = new Retention({
      engine,
      store,
      pruning,
      notes,
      clock: systemClock,
      logger,
      ages: agesOf(config),
    });
    started('the retention', retention, (running) => running.stop());
    retention.start();
    const { defaultModel } = config;
    const api = createNodeApi(node, {
      version,
      peerId,
      defaultModel,
      judging,
      dataFolder: paths.data,
      events,
      notes,
      playground,
      retention,
    });
    const { host, port, allowedHosts, limits } = config.rpc;
    const rpc = started(
      'the RPC',
      await startRpcServer(
        { host, port, allowedHosts: [...allowedHosts], tokens, limits, dashboardFolder: DASHBOARD_FOLDER },
        { api, logger },
      ),
      (server: RpcServer, deadlineMs) => server.stop(deadlineMs),
    );
    const adapters = await startAdapters(config, node, { notes, logger });
    running.push(...adapters);
    started('the adapters', adapters, (all) => stopAll(all));
    return { node, rpcUrl: rpc.url, stop: (deadlineMs, onWait) => stopParts(parts, deadlineMs, onWait) };
  } catch (error) {
    await stopParts(parts, 0);
    throw error;
  }
}

async function stopParts(parts: Part[], deadlineMs: number, onWait: (part: string) => void = () => {}): Promise<void> {
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const busy = part.busy();
    onWait(busy === undefined ? part.name : `${part.name} (${busy})`);
    await part.stop(deadlineMs);
  }
}

function taskLimits({ limits }: Config): TaskLimits {
  const { taskTtl, openTasksPerOrigin, openMegabytesPerOrigin } = limits;
  return { taskTtlMs: taskTtl, openTasksPerOrigin, openBytesPerOrigin: openMegabytesPerOrigin * 1024 * 1024 };
}

function agesOf({ retention }: Config): RetentionAges {
  return { bodiesMs: keepMs(retention.bodies), reportsMs: keepMs(retention.reports) };
}

/** R29: a key that signed for another data directory may have said there what this journal does not know. */
async function isForeign(key: ValidatorKey, store: Store, logger: Logger): Promise<boolean> {
  const binding = await bindKeyToData(key, store.storeId);
  if (binding === 'other') {
    logger.error(
      { keyFile: key.path },
      'this key signed for another data directory, or for this one before it was copied or damaged: following open tasks without signing, so that nothing is contradicted',
    );
  }
  return binding === 'other';
}

/** Once the probation is over, what the key said for the old directory cannot matter any more. */
function rebindLater(key: ValidatorKey, store: Store, { engine }: ValidatorNode, logger: Logger): void {
  engine.whenTrusted(() => {
    rebindKeyToData(key, store.storeId).then(
      () => logger.info({}, 'the key signs for this data directory from now on'),
      (error: Error) => logger.error({ error: error.message }, 'the key file cannot be written'),
    );
  });
}

/** What judges instantly needs no thread, which would cost more than all the rest of a task. */
function judgeOf({ models, defaultModel }: Config, pool: WorkerPool): Judge {
  if (models[defaultModel]?.provider !== 'instant') return pool;
  const instant = new InstantModel();
  return { judge: () => instant.predict() };
}

/** A backup has no journal; once the probation is over, this is a node like any other. */
function endRestorationLater(notes: Notes, { engine }: ValidatorNode, logger: Logger): void {
  logger.warn(
    {},
    'this home was made by pheme backup: following open tasks without signing, so that nothing is contradicted',
  );
  engine.whenTrusted(() => {
    endRestoration(notes).catch((error: Error) =>
      logger.error({ error: error.message }, 'the database cannot be written'),
    );
  });
}

/** What a stop interrupts or waits for; nothing of it is lost, since it is in the journal. */
function workText(pool: WorkerPool, { engine }: ValidatorNode): string | undefined {
  const { active, queued } = pool.snapshot();
  const counts = [
    [active + queued, 'judgements'],
    [engine.openTasks.size, 'open tasks'],
  ] as const;
  const parts = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return parts.length === 0 ? undefined : parts.join(', ');
}

/** Judgements that wait longer than the judges' budget become abstentions: worth a warning well before. */
function queueFaults(pool: WorkerPool): string[] {
  const { queued } = pool.snapshot();
  return queued <= QUEUED_MAX
    ? []
    : [`${queued} judgements wait for a worker: raise worker.concurrency or use a faster model`];
}
