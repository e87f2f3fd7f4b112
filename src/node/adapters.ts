import type { Adapter, AdapterHost } from '../adapters/adapter.ts';
import type { Config } from '../config/load.ts';
import type { Clock, Logger, Notes } from '../engine/ports.ts';
import { decodeTask } from '../protocol/task.ts';
import { systemClock } from './system.ts';
import type { ValidatorNode } from './validator-node.ts';

/** Starts the adapter of a section, where the configuration has one; its code and its packages are loaded only then. */
type Start = (config: Config, host: AdapterHost) => Promise<Adapter> | undefined;

/** Every adapter, a row each. */
const ADAPTERS: readonly Start[] = [];

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
    onDecided: (listener) => node.onDecided(listener),
    notes,
    clock,
    logger,
  };
}
