import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { POISON_KINDS, poisonTask } from '../../../scripts/soak/poison.ts';
import { EMBEDDED_VARIANTS } from '../../../src/models/embedded/registry.ts';
import { WorkerPool } from '../../../src/node/worker-pool.ts';
import { parseTask } from '../../../src/protocol/task.ts';

/** What `pheme start` allows a judge by default. */
const BUDGET_MS = 20_000;
const BROUGHT_DOWN: ReadonlySet<string | undefined> = new Set([
  'timeout',
  'worker_crashed',
  'overloaded',
  'model_error',
]);
/** The node's own thread must go on beside a judge that computes. */
const LAG_MS_MAX = 1_000;

describe('poison tasks', function () {
  this.timeout(120_000);
  const pools = EMBEDDED_VARIANTS.map(
    (variant) =>
      new WorkerPool({
        models: { models: { [variant]: { provider: 'embedded', variant } } },
        retryLimit: 1,
        concurrency: 2,
      }),
  );

  after(() => Promise.all(pools.map((pool) => pool.stop())));

  it('get an answer within the budget of a judge, bring no worker down, and leave the node its own thread', async () => {
    const lag = monitorEventLoopDelay({ resolution: 10 });
    for (const [index, kind] of POISON_KINDS.entries()) {
      const task = parseTask(poisonTask(kind, kind));
      const pool = pools[index % pools.length]!;
      lag.enable();
      const { abstainReason } = await pool.judge(task, new AbortController().signal, BUDGET_MS);
      lag.disable();
      assert.ok(!BROUGHT_DOWN.has(abstainReason), `${kind}: ${abstainReason}`);
    }
    assert.deepEqual(
      pools.map((pool) => pool.snapshot().workersLost),
      pools.map(() => 0),
    );
    const p99Ms = lag.percentile(99) / 1e6;
    assert.ok(p99Ms < LAG_MS_MAX, `${p99Ms} ms`);
  });
});
