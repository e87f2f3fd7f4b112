import { fileURLToPath } from 'node:url';
import type { Adapter } from '../adapters/adapter.ts';
import type { RemoteJudge } from '../adapters/queue/remote-judge.ts';
import { loadEpochs } from '../config/epochs.ts';
import { loadGenesis, loadRpcTokens } from '../config/home.ts';
import { homePaths } from '../config/home-paths.ts';
import { keepMs } from '../config/integrations.ts';
import { bindKeyToData, loadKey, peerIdOf, rebindKeyToData, type ValidatorKey } from '../config/key.ts';
import type { PassphraseSource } from '../config/key-file.ts';
import { assertModelAccess, type Config } from '../config/load.ts';
import { assertSameRules, observerPolicy } from '../config/rules.ts';
import type { Judge, Logger, NetworkHandlers, Notes, Store } from '../engine/ports.ts';
import type { TaskLimits } from '../engine/task-quota.ts';
import { assertInstantAllowed, InstantModel } from '../models/instant.ts';
import { endpointFaults } from '../models/openai/memory.ts';
import { createLibp2pNetwork } from '../network/libp2p-network.ts';
import type { Committee } from '../protocol/committee.ts';
import { committeesOf } from '../protocol/epoch-change.ts';
import { genesisWarnings } from '../protocol/genesis.ts';
import { startRpcServer } from '../rpc/server.ts';
import { startAdapters, stopAll } from './adapters.ts';
import { endRestoration, isRestored } from './backup.ts';
import { bindDataToEpochs, FORMER_EPOCH_MS } from './data-epochs.ts';
import { bindDataToNetwork } from './data-network.ts';
import { Escalations } from './escalations.ts';
import { NodeEvents } from './events.ts';
import { assertCustomModels, createJudges } from './judges.ts';
import { createNodeApi } from './node-api.ts';
import { openNodeStore } from './node-store.ts';
import { packageVersion } from './package-version.ts';
import { Parts } from './parts.ts';
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

/**
 * Builds a node from its home and starts it: store, judges, engine and network, RPC, adapters. What was started is
 * stopped again if a later part fails.
 * @throws ValidationError with the codes of config, store, network and RPC
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const prepared = await prepare(options);
  const { config, logger } = prepared;
  const parts = new Parts();
  const adapters: Adapter[] = [];
  try {
    const opened = await open(prepared, parts);
    const judges = await startJudges(prepared, parts);
    const node = await startNode(prepared, opened, judges, adapters, parts);
    const rpcUrl = await startFace(prepared, opened, judges, node, adapters, parts);
    adapters.push(...(await startAdapters(config, node, { notes: opened.notes, logger })));
    parts.add('the adapters', adapters, (all) => stopAll(all));
    return { node, rpcUrl, stop: (deadlineMs, onWait) => parts.stop(deadlineMs, onWait) };
  } catch (error) {
    await parts.stop(0);
    throw error;
  }
}

type Prepared = Awaited<ReturnType<typeof prepare>>;

/** Reads and checks everything that can be wrong before anything is started. */
async function prepare({ config, observer, logger, passphrase }: DaemonOptions) {
  const paths = homePaths(config.home);
  const genesis = await loadGenesis(paths.genesis);
  const changes = await loadEpochs(config.home, genesis);
  const newest = changes.at(-1)?.genesis ?? genesis;
  assertSameRules(config, newest);
  assertModelAccess(config);
  assertInstantAllowed(Object.values(config.models), genesis.rules.kind);
  await assertCustomModels(config);
  const observers = observerPolicy(config, newest);
  const key = await loadKey(config, passphrase);
  const tokens = await loadRpcTokens(config);
  for (const warning of genesisWarnings(newest)) logger.warn({}, warning);
  return { config, observer, logger, paths, genesis, changes, observers, key, tokens, version: packageVersion() };
}

type Opened = Awaited<ReturnType<typeof open>>;

/** The database, and whether what it says of this key can be trusted (R29). */
async function open({ paths, logger, key, genesis, changes }: Prepared, parts: Parts) {
  const opened = await openNodeStore(paths.data, logger);
  parts.add('the database', opened.store, (store) => store.close());
  const committees = committeesOf(genesis, changes);
  await bindDataToNetwork(opened.notes, committees[0].networkId, paths);
  const where = { folder: paths.epochs, nowMs: systemClock.nowMs() };
  const newestSinceMs = await bindDataToEpochs(opened.notes, committees, where);
  const isRestoredCopy = await isRestored(opened.notes);
  const foreign = (await isForeign(key, opened.store, logger)) || isRestoredCopy;
  return { ...opened, isRestoredCopy, foreign, formerUntilMs: newestSinceMs + FORMER_EPOCH_MS };
}

interface Judges {
  pool: WorkerPool;
  /** The pool, workers elsewhere, or the instant model. */
  judge: Judge;
  /** What hands tasks to workers elsewhere, if anything does. */
  remote: RemoteJudge | undefined;
}

async function startJudges({ config, logger }: Prepared, parts: Parts): Promise<Judges> {
  const pool = parts.add('the judges', createJudges(config), (running) => running.stop());
  const local = judgeOf(config, pool);
  const remote = await startRemoteJudge(config, local, logger);
  if (remote !== undefined) parts.add('the judging queue', remote, (running) => running.stop());
  return { pool, judge: remote ?? local, remote };
}

async function startNode(
  prepared: Prepared,
  { store, side, notes, journalDamaged, foreign, isRestoredCopy, formerUntilMs }: Opened,
  { pool, judge, remote }: Judges,
  adapters: readonly Adapter[],
  parts: Parts,
): Promise<ValidatorNode> {
  const { config, genesis, changes, key, observer, logger } = prepared;
  const faultsOf = (some: readonly Adapter[]) => some.flatMap((adapter) => adapter.faults());
  const node = await ValidatorNode.start(
    {
      ...{ genesis, changes, formerUntilMs, observer },
      seed: key.seed,
      untrustedJournal: foreign || journalDamaged,
      limits: taskLimits(config),
    },
    {
      store,
      side,
      judge,
      logger,
      probes: {
        queue: () => ({
          faults: [...queueFaults(pool), ...(remote?.faults() ?? []), ...faultsOf(adapters.filter(isQueue))],
          notes: adapters.flatMap((adapter) => adapter.notes?.() ?? []),
        }),
        models: () => endpointFaults(pool.snapshot().endpoints),
        adapters: () => faultsOf(adapters.filter((adapter) => !isQueue(adapter))),
      },
      connect: (handlers, members) => connect(prepared, handlers, members),
    },
  );
  parts.add(
    'the network',
    node,
    (running) => running.stop(),
    (running) => workText(pool, running),
  );
  if (foreign) rebindLater(key, store, node, logger);
  if (isRestoredCopy) endRestorationLater(notes, node, logger);
  return node;
}

function connect(
  { config, observers, key, version, logger }: Prepared,
  handlers: NetworkHandlers,
  committee: Committee,
) {
  const { listen, peers } = config.network;
  const { max, allow } = observers;
  return createLibp2pNetwork(
    {
      seed: key.seed,
      committee,
      listen: [...listen],
      peers: [...peers],
      observers: { max, allow: allow === 'any' ? 'any' : [...allow] },
      agentVersion: `pheme/${version}`,
      logger,
    },
    handlers,
  );
}

/** What people and programs see of the node: events, playground, retention, and the RPC over all of it. Gives its URL. */
async function startFace(
  { config, logger, key, tokens, version, paths }: Prepared,
  { store, notes, pruning }: Opened,
  { pool, remote }: Judges,
  node: ValidatorNode,
  adapters: readonly Adapter[],
  parts: Parts,
): Promise<string> {
  const events = parts.add('the events', new NodeEvents(node, systemClock), async (running) => running.stop());
  const escalations = new Escalations({ node, notes, logger });
  parts.add('the escalations', escalations, (running) => running.stop());
  const playground = parts.add('the playground', new Playground({ config }), (running) => running.stop());
  const { engine } = node;
  const clock = systemClock;
  const retention = new Retention({ engine, store, pruning, notes, clock, logger, ages: agesOf(config) });
  parts.add('the retention', retention, (running) => running.stop()).start();
  const api = createNodeApi(node, {
    version,
    peerId: await peerIdOf(key.publicKey),
    defaultModel: config.defaultModel,
    judging: () => pool.snapshot(),
    jobs: () => ({ tasks: adapters.find(isQueue)?.jobs?.(), judging: remote?.jobs() }),
    dataFolder: paths.data,
    events,
    escalations,
    notes,
    playground,
    retention,
  });
  const { host, port, allowedHosts, limits } = config.rpc;
  const options = { host, port, allowedHosts: [...allowedHosts], tokens, limits, dashboardFolder: DASHBOARD_FOLDER };
  const rpc = await startRpcServer(options, { api, logger });
  parts.add('the RPC', rpc, (server, deadlineMs) => server.stop(deadlineMs));
  return rpc.url;
}

function isQueue({ name }: Adapter): boolean {
  return name === 'queue';
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
function judgeOf({ models, defaultModel, escalation }: Config, pool: WorkerPool): Judge {
  if (models[defaultModel]?.provider !== 'instant' || escalation.model !== undefined) return pool;
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
