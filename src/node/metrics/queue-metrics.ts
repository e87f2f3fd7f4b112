import { Gauge, type Registry } from 'prom-client';
import { JOB_STATES, type JobCounts } from '../../adapters/adapter.ts';

const QUEUES = ['tasks', 'judging'] as const;

/** Jobs by queue: a queue that this node does not use is left out, one whose server does not answer is null. */
export type QueueJobs = Partial<Record<(typeof QUEUES)[number], JobCounts | null | undefined>>;

/** What waits in Redis: tasks from outside, and judging that validators handed to workers. */
export function registerQueueMetrics(registry: Registry, jobs: () => QueueJobs): void {
  const gauge: Gauge<'queue' | 'state'> = new Gauge({
    name: 'pheme_queue_jobs',
    help: 'Jobs in Redis by queue and state, of all that share it; without a sample while Redis does not answer',
    labelNames: ['queue', 'state'],
    registers: [registry],
    collect() {
      gauge.reset();
      const now = jobs();
      for (const queue of QUEUES) {
        const counts = now[queue];
        if (counts === null) continue;
        for (const state of JOB_STATES) gauge.set({ queue, state }, counts?.[state] ?? 0);
      }
    },
  });
}
