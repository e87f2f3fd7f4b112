import type { Adapter, AdapterHost } from '../adapters/adapter.ts';
import type { Config } from '../config/load.ts';
import type { Clock, Logger, Notes } from '../engine/ports.ts';
import { decodeTask } from '../protocol/task.ts';
import { startChain } from './anchors.ts';
import { optionalPackage } from './optional-package.ts';
import { systemClock } from './system.ts';
import { phaseOf } from './task-views.ts';
import type { ValidatorNode } from './validator-node.ts';

/** Starts the adapter of a section, where the configuration has one; its code and its packages are loaded only then. */
type Start = (config: Config, host: AdapterHost) => Promise<Adapter> | undefined;

/** Every adapter, a row each. */
const ADAPTERS: readonly Start[] = [startQueue, startPostgres, startWebhooks, startChain];

export interface AdapterDependencies {
  notes: Notes;
  logger: Logger;
  clock?: Clock;
}

/**
 * Starts what is configured. The other side may be away: an adapter then tells so by its faults and tries again.
 * @throws ValidationError INVALID_CONFIG, or MISSING_PACKAGE where an optional package is not installed
 */
export async function startAdapters(
  config: Config,
  node: ValidatorNode,
  dependencies: AdapterDependencies,
): Promise<Adapter[]> {
  const host = adapterHost(node, dependencies);
  const started: Adapter[] = [];
  try {
    for (const start of ADAPTERS) {
      const adapter = await start(config, host);
      if (adapter !== undefined) started.push(adapter);
    }
    return started;
  } catch (error) {
    await stopAll(started);
    throw error;
  }
}

export async function stopAll(adapters: readonly Adapter[]): Promise<void> {
  await Promise.all(adapters.map((adapter) => adapter.stop()));
}

function adapterHost(node: ValidatorNode, { notes, logger, clock = systemClock }: AdapterDependencies): AdapterHost {
  const { genesis, committee, publicKey, store } = node;
  return {
    genesis,
    networkId: committee.networkId,
    configDigest: committee.configDigest,
    publicKey,
    submit: (task) => node.submit(task),
    waitForResult: (taskId, timeoutMs, signal) => node.waitForResult(taskId, timeoutMs, signal),
    getResult: (taskId) => node.getResult(taskId),
    getTask: async (taskId) => {
      const stored = await store.task(taskId);
      return stored === undefined ? null : decodeTask(stored.taskBytes);
    },
    decidedAfter: (sequence, limit) => store.resultIds(sequence, limit),
    lastDecided: async () => (await store.results({ limit: 1, order: 'newest' }))[0]?.sequence ?? 0,
    evidence: (limit) => store.evidence(limit),
    derivedSigner: (purpose) => node.derivedSigner(purpose),
    onDecided: (listener) => node.onDecided(listener),
    onPhase: (listener) =>
      node.watch({
        onProgress: (taskId) => {
          const instance = node.engine.openTasks.get(taskId)?.instance;
          if (instance?.decided === null) listener(taskId, phaseOf(instance));
        },
      }),
    notes,
    clock,
    logger,
  };
}

function startQueue({ queue, worker, limits }: Config, host: AdapterHost): Promise<Adapter> | undefined {
  const { url, prefix, name, lockMs } = queue;
  if (url === undefined) return undefined;
  return optionalPackage('queue.url', 'bullmq ioredis', async () => {
    const { TaskQueue } = await import('../adapters/queue/task-queue.ts');
    const { concurrency, retryLimit } = worker;
    return new TaskQueue({ url, prefix, name, lockMs, concurrency, retryLimit, taskTtlMs: limits.taskTtl }, host);
  });
}

function startPostgres({ database }: Config, host: AdapterHost): Promise<Adapter> | undefined {
  const { url } = database;
  if (url === undefined) return undefined;
  return optionalPackage('database.url', 'pg', async () => {
    const { PostgresMirror } = await import('../adapters/postgres/mirror.ts');
    return new PostgresMirror({ url }, host);
  });
}

function startWebhooks({ webhooks }: Config, host: AdapterHost): Promise<Adapter> | undefined {
  if (webhooks.length === 0) return undefined;
  return import('../adapters/webhooks/webhooks.ts').then((module) => module.startWebhooks(webhooks, host));
}
