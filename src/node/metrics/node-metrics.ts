import { statfs } from 'node:fs/promises';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { registerEndpointMetrics } from '../endpoint-metrics.ts';
import type { RetentionCounts } from '../retention.ts';
import { registerValidatorMetrics } from '../validator-metrics.ts';
import type { ValidatorNode } from '../validator-node.ts';
import { registerConsensusMetrics } from './consensus-metrics.ts';
import { type JudgingStatus, registerJudgingMetrics } from './judging-metrics.ts';
import { registerNetworkMetrics } from './network-metrics.ts';
import { type QueueJobs, registerQueueMetrics } from './queue-metrics.ts';
import { registerPruningMetrics, registerStorageMetrics } from './storage-metrics.ts';

export interface MetricsFacts {
  judging(): JudgingStatus;
  /** Jobs of the queues that this node uses; left out by a node without any. */
  jobs?(): QueueJobs;
  /** Where the database is; null in memory. */
  dataFolder: string | null;
  isReady(): boolean;
  /** What was dropped since the start; left out by a node that drops nothing. */
  retention?: { readonly counts: RetentionCounts };
  /** Free space where the database is; the system's answer unless given. */
  freeBytes?(folder: string): Promise<number>;
}

/**
 * Everything that a node tells Prometheus. Counters and histograms are kept as things happen, each at the cost of an
 * addition; all the rest is read when somebody asks. Every label has a closed list of values.
 */
export class NodeMetrics {
  readonly #registry = new Registry();

  constructor(node: ValidatorNode, facts: MetricsFacts) {
    const registry = this.#registry;
    registerConsensusMetrics(registry, node, facts.isReady);
    registerJudgingMetrics(registry, node, facts.judging);
    registerQueueMetrics(registry, () => facts.jobs?.() ?? {});
    registerEndpointMetrics(registry, () => facts.judging().endpoints);
    registerNetworkMetrics(registry, node);
    registerStorageMetrics(registry, node, { dataFolder: facts.dataFolder, freeBytes: facts.freeBytes ?? freeBytesOf });
    if (facts.retention !== undefined) registerPruningMetrics(registry, facts.retention);
    registerValidatorMetrics(registry, node);
    collectDefaultMetrics({ register: registry });
  }

  /** The Prometheus text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
