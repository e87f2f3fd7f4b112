import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Queue, Worker } from 'bullmq';
import { JUDGING_QUEUE, QueueConnection } from '../../../src/adapters/queue/connection.ts';
import { JudgingWorker } from '../../../src/adapters/queue/judging-worker.ts';
import { RemoteJudge, type RemoteJudgeOptions } from '../../../src/adapters/queue/remote-judge.ts';
import { abstention } from '../../../src/protocol/abstention.ts';
import type { Judgement } from '../../../src/protocol/judgement.ts';
import { parseTask, type Task } from '../../../src/protocol/task.ts';
import { numberedTask } from '../../e2e/tasks.ts';
import { systemProgram } from '../../system-programs.ts';
import { until } from '../decisions.ts';
import { RedisProcess } from './redis-process.ts';

const PREFIX = 'pheme:test';
const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
/** `PHEME_QUEUE_JOBS=1000` runs the whole campaign. */
const JOBS = Number(process.env['PHEME_QUEUE_JOBS'] ?? 100);
const silent = () => {};
const logger = { debug: silent, info: silent, warn: silent, error: silent };

const VERDICT: Judgement = {
  ...abstention('model_error', 'fine', { id: 'gpt4', family: 'gpt' }),
  vote: 'approve',
  confidence: 0.9,
  complete: true,
};
delete VERDICT.abstainReason;

describe('judging by workers', function () {
  this.timeout(60_000 + JOBS * 200);
  let redis: RedisProcess;
  let task: Task;
  const ends: (() => Promise<unknown>)[] = [];

  before(async () => {
    task = parseTask(await numberedTask(1));
  });
  beforeEach(async function () {
    redis = await RedisProcess.create(systemProgram(this, 'redis-server'));
    await redis.start();
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    await redis?.remove();
  });

  const settings = () => ({ url: redis.url, prefix: PREFIX, lockMs: 1_000, logger });

  function remote(options: Partial<RemoteJudgeOptions> = {}): RemoteJudge {
    const judge = new RemoteJudge({ ...settings(), retryLimit: 3, timeoutMs: 5_000, ...options });
    ends.push(() => judge.stop());
    return judge;
  }

  /** Somebody who got at the queue and answers as they like. */
  function hostile(answer: unknown): void {
    const connection = new QueueConnection(redis.url);
    const worker = new Worker(JUDGING_QUEUE, async () => answer, { connection: connection.redis, prefix: PREFIX });
    worker.on('error', silent);
    ends.push(async () => {
      await worker.close();
      connection.close();
    });
  }

  const never = new AbortController().signal;

  it('gives back what a worker judged, within the budget that the worker was told', async () => {
    const budgets: (number | undefined)[] = [];
    const judge = async (_task: Task, _signal: AbortSignal, budgetMs?: number) => {
      budgets.push(budgetMs);
      return VERDICT;
    };
    const worker = new JudgingWorker({ ...settings(), concurrency: 2 }, { judge });
    ends.push(() => worker.stop());
    assert.deepEqual(await remote().judge(task, never, 4_000), VERDICT);
    assert.ok(budgets.length === 1 && budgets[0]! > 0 && budgets[0]! <= 4_000, budgets.join());
  });

  it('takes no junk from a hostile worker', async () => {
    const junk: unknown[] = [
      7,
      { ...VERDICT, confidence: 7 },
      { ...VERDICT, abstainReason: 'timeout' },
      { ...VERDICT, signature: 'x' },
      { ...VERDICT, model: { id: 'x'.repeat(1000), family: 'x' } },
    ];
    for (const answer of junk) {
      hostile(answer);
      const { vote, abstainReason } = await remote().judge(task, never);
      assert.deepEqual([vote, abstainReason], ['abstain', 'unreadable_reply']);
      for (const end of ends.splice(0).reverse()) await end();
    }
  });

  it('fails a job that is none of its own, at once', async () => {
    const worker = new JudgingWorker({ ...settings(), concurrency: 2 }, { judge: async () => VERDICT });
    const connection = new QueueConnection(redis.url);
    const queue = new Queue(JUDGING_QUEUE, { connection: connection.redis, prefix: PREFIX });
    queue.on('error', silent);
    ends.push(async () => {
      await worker.stop();
      await queue.close();
      connection.close();
    });
    const bodies = [{}, { task, deadlineMs: 1 }, { task: { type: 'X' }, deadlineMs: Date.now() + 10_000 }];
    const jobs = await queue.addBulk(bodies.map((data) => ({ name: 'judge', data, opts: { attempts: 5 } })));
    await until(async () => (await queue.getFailedCount()) === jobs.length);
    for (const { id } of jobs) {
      const failed = (await queue.getJob(id!))!;
      assert.deepEqual([failed.attemptsMade, /^not a judging job/.test(failed.failedReason)], [1, true]);
    }
  });

  it('abstains at the deadline, with or without a Redis, or judges here if it may', async () => {
    const local = { judge: async () => VERDICT };
    const alone = await remote().judge(task, never, 300);
    assert.deepEqual(
      [alone.abstainReason, alone.summary],
      ['timeout', 'No judgement from the workers: no answer within 300 ms.'],
    );
    await redis.stop();
    const judge = remote();
    assert.equal((await judge.judge(task, never, 300)).abstainReason, 'timeout');
    assert.match(judge.faults().join(), /^judging queue: Redis at 127\.0\.0\.1:\d+ does not answer/);
    assert.deepEqual(await remote({ local }).judge(task, never, 400), VERDICT);
  });

  it('ends with exactly one judgement a task, though a worker is killed and Redis restarts', async () => {
    const home = await mkdtemp(join(tmpdir(), 'pheme-worker-'));
    const pheme = async (): Promise<ChildProcess> => {
      const env = { PATH: process.env['PATH'], PHEME_HOME: home, QUEUE_PREFIX: PREFIX, PHEME_QUEUE_LOCK_MS: '1000' };
      const args = [MAIN, 'worker', '--redis', redis.url, '--concurrency', '4', '--log-level', 'silent', '--json'];
      const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
      await once(child.stdout, 'data');
      return child;
    };
    const [first, second] = await Promise.all([pheme(), pheme()]);
    const gone = [first, second].map((child) => once(child, 'exit'));
    ends.push(async () => {
      first.kill('SIGKILL');
      second.kill('SIGTERM');
      await Promise.all(gone);
      await rm(home, { recursive: true });
    });
    const judge = remote();
    const tasks = await Promise.all(Array.from({ length: JOBS }, async (_, at) => parseTask(await numberedTask(at))));
    let done = 0;
    const all = Promise.all(
      tasks.map(async (each) => {
        const judgement = await judge.judge(each, never, 50_000 + JOBS * 100);
        done++;
        return judgement;
      }),
    );
    await until(() => done >= JOBS / 4);
    first.kill('SIGKILL');
    await until(() => done >= JOBS / 2);
    await redis.stop();
    await redis.start();
    const judgements = await all;
    assert.deepEqual(
      judgements.filter(({ vote }) => vote !== 'approve').map(({ summary }) => summary),
      [],
    );
    assert.equal(done, JOBS);
  });
});
