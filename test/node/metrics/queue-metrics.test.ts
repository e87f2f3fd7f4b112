import assert from 'node:assert/strict';
import { Registry } from 'prom-client';
import { type QueueJobs, registerQueueMetrics } from '../../../src/node/metrics/queue-metrics.ts';

describe('metrics of queues', () => {
  it('count jobs by queue and state: none of a queue that is not used, no sample of one that does not answer', async () => {
    const registry = new Registry();
    let jobs: QueueJobs = { tasks: { waiting: 1, active: 2, delayed: 3, failed: 4, completed: 5 } };
    registerQueueMetrics(registry, () => jobs);
    const samples = async () => (await registry.metrics()).split('\n').filter((line) => line.startsWith('pheme_'));
    assert.deepEqual(await samples(), [
      'pheme_queue_jobs{queue="tasks",state="waiting"} 1',
      'pheme_queue_jobs{queue="tasks",state="active"} 2',
      'pheme_queue_jobs{queue="tasks",state="delayed"} 3',
      'pheme_queue_jobs{queue="tasks",state="failed"} 4',
      'pheme_queue_jobs{queue="tasks",state="completed"} 5',
      ...['waiting', 'active', 'delayed', 'failed', 'completed'].map(
        (state) => `pheme_queue_jobs{queue="judging",state="${state}"} 0`,
      ),
    ]);
    jobs = { tasks: null, judging: null };
    assert.deepEqual(await samples(), []);
  });
});
