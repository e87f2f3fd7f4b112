import assert from 'node:assert/strict';
import { createMockCodeReviewTask } from '../../src/models/mock-task.ts';
import { WorkerPool, type WorkerPoolOptions } from '../../src/node/worker-pool.ts';
import type { CodeReviewTask } from '../../src/protocol/task.ts';

const HOSTILE = new URL('./hostile-judge.ts', import.meta.url);
const wish = (url: string): CodeReviewTask => ({
  type: 'CODE_REVIEW',
  pullRequest: { url, diff: '+', files: [] },
  requirements: { style: true, security: true, performance: true },
});
const forever = new AbortController().signal;

describe('WorkerPool', function () {
  this.timeout(20_000);
  const pools: WorkerPool[] = [];
  const create = (options: Partial<WorkerPoolOptions> = {}) => {
    const pool = new WorkerPool({
      models: {},
      retryLimit: 2,
      baseDelayMs: 1,
      timeoutMs: 1500,
      entry: HOSTILE,
      ...options,
    });
    pools.push(pool);
    return pool;
  };

  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.stop()));
  });

  it('judges with the embedded models in a real worker', async () => {
    const pool = new WorkerPool({ models: { default: 'embedded:tokens' } });
    pools.push(pool);
    const { vote, confidence, model } = await pool.judge(createMockCodeReviewTask(), forever);
    assert.deepEqual([vote, model.id], ['approve', 'embedded:tokens']);
    assert.ok(confidence > 0.8);
    const { jobsProcessed, succeeded, workers, active, modelLatencyMs } = pool.snapshot();
    assert.deepEqual([jobsProcessed, succeeded, workers, active], [1, 1, 1, 0]);
    assert.ok(modelLatencyMs['embedded:tokens']! > 0);
  });

  it('starts more workers only for tasks that wait for an endpoint, and never more than its concurrency', async () => {
    const models = { models: { remote: { provider: 'openai' as const } } };
    const pool = create({ concurrency: 2, models });
    assert.equal(pool.snapshot().workers, 0);
    const running = Array.from({ length: 6 }, () => pool.judge(wish('slow'), forever));
    const { queued, active } = pool.snapshot();
    assert.deepEqual([queued, active], [5, 1]);
    const seen = new Set<number>();
    for (const work of running) {
      await work;
      seen.add(pool.snapshot().workers);
    }
    assert.equal(Math.max(...seen), 2);
    assert.deepEqual([pool.snapshot().jobsProcessed, pool.snapshot().queued, pool.snapshot().active], [6, 0, 0]);
  });

  it('gives a task that escalates another as long as its setting says', async () => {
    const pool = create({ timeoutMs: 20, escalationTimeoutMs: 5_000, retryLimit: 1 });
    const escalates = { taskId: '1'.repeat(64), reason: 'too few judged in time' };
    assert.equal((await pool.judge({ ...wish('slow'), escalates }, forever)).vote, 'approve');
    assert.equal((await pool.judge(wish('silent'), forever)).abstainReason, 'timeout');
  });

  it('judges on beside tasks that hang', async () => {
    const pool = create({ timeoutMs: 60_000, hungMs: 100 });
    const leaving = new AbortController();
    const hanging = Promise.allSettled([1, 2].map(() => pool.judge(wish('spin'), leaving.signal)));
    assert.equal((await pool.judge(wish(''), forever)).vote, 'approve');
    leaving.abort(new Error('deadline'));
    assert.deepEqual(new Set((await hanging).map(({ status }) => status)), new Set(['rejected']));
  });

  it('needs one worker for quick tasks, however many come', async () => {
    const pool = create();
    await pool.judge(wish(''), forever);
    for (let round = 0; round < 20; round++)
      await Promise.all(Array.from({ length: 5 }, () => pool.judge(wish(''), forever)));
    assert.equal(pool.snapshot().workers, 1);
  });

  it('ends workers that have nothing to do, and starts one again for the next task', async () => {
    const pool = create({ idleMs: 50 });
    await pool.judge(wish(''), forever);
    assert.equal(pool.snapshot().workers, 1);
    while (pool.snapshot().workers > 0) await new Promise((done) => setTimeout(done, 10));
    assert.equal((await pool.judge(wish(''), forever)).summary, 'job 1');
  });

  it('replaces a worker after its share of jobs', async () => {
    const pool = create({ concurrency: 1, maxJobsPerWorker: 2 });
    const summaries = [];
    for (let i = 0; i < 5; i++) summaries.push((await pool.judge(wish(''), forever)).summary);
    assert.deepEqual(summaries, ['job 1', 'job 2', 'job 1', 'job 2', 'job 1']);
  });

  for (const [how, reason] of [
    ['spin', 'timeout'],
    ['silent', 'timeout'],
    ['crash', 'worker_crashed'],
    ['exit', 'worker_crashed'],
    ['fill', 'worker_crashed'],
  ] as const) {
    it(`survives a task that makes its worker ${how}, and abstains: ${reason}`, async () => {
      const pool = create({ timeoutMs: how === 'fill' ? 15_000 : 300, retryLimit: how === 'fill' ? 1 : 2 });
      const [hostile, honest] = await Promise.all([pool.judge(wish(how), forever), pool.judge(wish(''), forever)]);
      assert.deepEqual([hostile.vote, hostile.abstainReason], ['abstain', reason]);
      assert.equal(honest.vote, 'approve');
      const attempts = how === 'fill' ? 1 : 2;
      const { failed, active, workersLost } = pool.snapshot();
      assert.deepEqual([failed, active, workersLost], [1, 0, attempts]);
    });
  }

  it('never repeats what failed validation', async () => {
    const pool = create({ concurrency: 1, retryLimit: 3, baseDelayMs: 60_000 });
    const { vote, abstainReason } = await pool.judge(wish('invalid'), forever);
    assert.deepEqual([vote, abstainReason], ['abstain', 'not_judgeable']);
  });

  it('abstains at once when its queue is full', async () => {
    const pool = create({ concurrency: 1, queueMax: 1 });
    const [first, second, third] = [
      pool.judge(wish('slow'), forever),
      pool.judge(wish('slow'), forever),
      pool.judge(wish('slow'), forever),
    ];
    assert.equal((await third).abstainReason, 'overloaded');
    assert.deepEqual([(await first).vote, (await second).vote], ['approve', 'approve']);
  });

  it('ends with the reason of the signal, running or waiting', async () => {
    const pool = create({ concurrency: 1, timeoutMs: 60_000 });
    const controller = new AbortController();
    const running = pool.judge(wish('spin'), controller.signal);
    const waiting = pool.judge(wish(''), controller.signal);
    controller.abort(new Error('deadline'));
    await assert.rejects(running, /deadline/);
    await assert.rejects(waiting, /deadline/);
    assert.equal((await pool.judge(wish(''), forever)).vote, 'approve');
  });

  it('stops what runs and refuses what comes', async () => {
    const pool = create({ timeoutMs: 60_000 });
    const running = pool.judge(wish('spin'), forever);
    const ended = assert.rejects(running, { code: 'STOPPED' });
    await pool.stop();
    await ended;
    await assert.rejects(pool.judge(wish(''), forever), { code: 'STOPPED' });
    assert.deepEqual([pool.snapshot().workers, pool.snapshot().active], [0, 0]);
  });
});
