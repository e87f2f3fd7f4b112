import assert from 'node:assert/strict';
import { type Job, Queue, QueueEvents } from 'bullmq';
import { Gate } from '../../../scripts/outages/gate.ts';
import { QueueConnection } from '../../../src/adapters/queue/connection.ts';
import { TaskQueue } from '../../../src/adapters/queue/task-queue.ts';
import type { ConsensusResult } from '../../../src/protocol/consensus-result.ts';
import type { TaskPhase } from '../../../src/protocol/explanation.ts';
import type { Task } from '../../../src/protocol/task.ts';
import { systemProgram } from '../../system-programs.ts';
import { Decisions, SKILL_TASK, until } from '../decisions.ts';
import { RedisProcess } from './redis-process.ts';

const PREFIX = 'pheme:test';
const NAME = 'task-validation';

describe('TaskQueue', function () {
  this.timeout(30_000);
  let redis: RedisProcess;
  let connection: QueueConnection;
  let queue: Queue;
  const running: TaskQueue[] = [];

  beforeEach(async function () {
    redis = await RedisProcess.create(systemProgram(this, 'redis-server'));
    await redis.start();
    connection = new QueueConnection(redis.url);
    queue = new Queue(NAME, { connection: connection.redis, prefix: PREFIX });
    queue.on('error', () => undefined);
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((taken) => taken.stop()));
    await queue?.close();
    connection?.close();
    await redis?.remove();
  });

  /** A network that decides at once, and counts how often each task was decided. */
  function network() {
    const decisions = new Decisions();
    const decided = new Map<string, number>();
    const host = {
      ...decisions.host,
      submit: async (task: Task) => {
        const known = decisions.results.find(({ taskId }) => decisions.tasks.get(taskId)?.subject === task.subject);
        if (known !== undefined) return known.taskId;
        decided.set(task.subject!, (decided.get(task.subject!) ?? 0) + 1);
        return decisions.decide(task).taskId;
      },
    };
    return { host, decided };
  }

  function take(host: Decisions['host']): TaskQueue {
    const options = { url: redis.url, prefix: PREFIX, name: NAME, lockMs: 1_000 };
    const taken = new TaskQueue({ ...options, concurrency: 4, retryLimit: 3, taskTtlMs: 60_000 }, host);
    running.push(taken);
    return taken;
  }

  const task = (number: number) => ({ ...SKILL_TASK, subject: `worker-${number}` });
  const end = async (job: Job) => {
    await until(async () => ['completed', 'failed'].includes(await job.getState()));
    return (await queue.getJob(job.id!))!;
  };

  it('completes a job with the result of its task, and says how far it is', async () => {
    take(network().host);
    const { returnvalue, progress } = await end(await queue.add('task', task(1)));
    assert.equal(returnvalue.outcome, 'APPROVED');
    assert.deepEqual(progress, { phase: 'decided', taskId: returnvalue.taskId });
  });

  it('decides a task once, however many jobs bring it and nodes take them', async () => {
    const { host, decided } = network();
    take(host);
    take(host);
    const jobs = await queue.addBulk(Array.from({ length: 20 }, () => ({ name: 'task', data: task(1) })));
    const ids = await Promise.all(jobs.map(async (job) => (await end(job)).returnvalue.taskId));
    assert.equal(new Set(ids).size, 1);
    assert.deepEqual([...decided], [['worker-1', 1]]);
  });

  it('fails garbage at once and for good, with what is wrong with it, and shows it', async () => {
    const taken = take(network().host);
    for (const data of [{}, 7, null, { ...task(1), extra: true }]) {
      const job = await end(await queue.add('task', data, { attempts: 5 }));
      assert.match(job.failedReason, /not a .*task|type|task/i);
      assert.equal(job.attemptsMade, 1);
    }
    assert.match((await end(await queue.add('task', { ...task(1), extra: true }))).failedReason, /extra/);
    await until(() => taken.jobs()?.failed === 5);
    assert.deepEqual(taken.faults(), []);
    assert.match(taken.notes().join(), /^queue: 5 jobs failed for good: pheme queue failed shows them/);
  });

  it('counts jobs by their state, and says nothing of them while Redis is away', async () => {
    const taken = take(network().host);
    await queue.add('task', task(2), { delay: 60_000 });
    await end(await queue.add('task', task(1)));
    await end(await queue.add('task', {}));
    await until(() => taken.jobs()?.failed === 1);
    assert.deepEqual(taken.jobs(), { waiting: 0, active: 0, delayed: 1, failed: 1, completed: 1 });
    await redis.stop();
    await until(() => taken.jobs() === null);
    assert.deepEqual(taken.notes(), []);
  });

  it('tells each phase of the task once, of its own task only', async () => {
    const { host } = network();
    const tell: ((taskId: string, phase: TaskPhase) => void)[] = [];
    const onPhase: typeof host.onPhase = (listener) => {
      tell.push(listener);
      return () => tell.splice(tell.indexOf(listener), 1);
    };
    const { promise: goesOn, resolve: goOn } = Promise.withResolvers<void>();
    const { waitForResult } = host;
    take({ ...host, onPhase, waitForResult: (...given) => goesOn.then(() => waitForResult(...given)) });
    const events = new QueueEvents(NAME, { connection: connection.redis, prefix: PREFIX });
    const told: string[] = [];
    events.on('progress', ({ data }) => told.push((data as { phase: string }).phase));
    await events.waitUntilReady();
    const job = await queue.add('task', task(1));
    await until(() => tell.length === 1);
    const { taskId } = (await queue.getJob(job.id!))!.progress as { taskId: string };
    for (const phase of ['collecting', 'collecting', 'revealing', 'voting'] as const) {
      tell[0]!(taskId, phase);
      tell[0]!('00'.repeat(32), 'revealing');
    }
    goOn();
    await end(job);
    await until(() => told.length === 5);
    await events.close();
    assert.deepEqual(told, ['submitted', 'collecting', 'revealing', 'voting', 'decided']);
    assert.equal(tell.length, 0);
  });

  it('tries a job again after a failure, and gives up after its retries', async () => {
    let calls = 0;
    const host = { ...network().host };
    const { submit } = host;
    host.submit = (given) => (++calls === 1 ? Promise.reject(new Error('a fault')) : submit(given));
    take(host);
    assert.equal((await end(await queue.add('task', task(1)))).returnvalue.outcome, 'APPROVED');
    assert.equal(calls, 2);
    host.submit = () => Promise.reject(new Error('a lasting fault'));
    const failed = await end(await queue.add('task', task(2)));
    assert.match(failed.failedReason, /a lasting fault \(given up\)/);
    assert.equal(failed.attemptsStarted, 3);
  });

  it('stops in bounded time though Redis accepts and says nothing', async () => {
    const gate = await Gate.open(redis.port);
    try {
      const settings = { url: `redis://127.0.0.1:${gate.port}`, prefix: PREFIX, name: NAME, lockMs: 1_000 };
      const options = { ...settings, concurrency: 4, retryLimit: 3, taskTtlMs: 60_000 };
      const { host } = network();
      const taken = new TaskQueue(options, { ...host, waitForResult: (_id, _ms, signal) => aborted(signal) });
      const job = await queue.add('task', task(1));
      await until(async () => (await job.getState()) === 'active');
      gate.hang();
      const startedMs = performance.now();
      await taken.stop();
      assert.ok(performance.now() - startedMs < 5_000);
    } finally {
      await gate.shut();
    }
  });

  it('says that Redis is away, stops all the same, and goes on by itself once it is back', async () => {
    const { host, decided } = network();
    await redis.stop();
    const taken = take(host);
    await until(() => /^queue: Redis at 127.0.0.1:\d+ does not answer/.test(taken.faults()[0] ?? ''));
    await take(host).stop();
    await redis.start();
    await until(() => taken.faults().length === 0);
    await end(await queue.add('task', task(1)));
    await redis.stop();
    await until(() => taken.faults().length === 1);
    await redis.start();
    await end(await queue.add('task', task(2)));
    assert.deepEqual([...decided.values()], [1, 1]);
  });
});

/** A decision that does not come before the node stops. */
function aborted(signal: AbortSignal): Promise<ConsensusResult> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}
