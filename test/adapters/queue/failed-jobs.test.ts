import assert from 'node:assert/strict';
import { Queue, Worker } from 'bullmq';
import { QueueConnection } from '../../../src/adapters/queue/connection.ts';
import { type Ran, run } from '../../cli/run.ts';
import { useTempDirectory } from '../../config/temp-home.ts';
import { systemProgram } from '../../system-programs.ts';
import { until } from '../decisions.ts';
import { RedisProcess } from './redis-process.ts';

const PREFIX = 'pheme:test';
const NAME = 'task-validation';
const JOBS = 25;

describe('pheme queue failed', function () {
  this.timeout(30_000);
  const directory = useTempDirectory();
  let redis: RedisProcess;
  let connection: QueueConnection;
  let queue: Queue;

  beforeEach(async function () {
    redis = await RedisProcess.create(systemProgram(this, 'redis-server'));
    await redis.start();
    connection = new QueueConnection(redis.url);
    queue = new Queue(NAME, { connection: connection.redis, prefix: PREFIX });
    queue.on('error', () => undefined);
    await queue.addBulk(Array.from({ length: JOBS }, () => ({ name: 'task', data: { code: 'PRIVATE' } })));
    await failAll();
  });
  afterEach(async () => {
    await queue?.close();
    connection?.close();
    await redis?.remove();
  });

  /** Fails what waits, by an error that quotes what a hostile sender wrote. */
  async function failAll(): Promise<void> {
    const refuse = async () => {
      throw new Error('not a task: \u001b[2Jcleared');
    };
    const worker = new Worker(NAME, refuse, { connection: connection.redis, prefix: PREFIX, concurrency: JOBS });
    worker.on('error', () => undefined);
    await until(async () => (await queue.getFailedCount()) === JOBS);
    await worker.close();
  }

  const failed = (...flags: string[]): Promise<Ran> => {
    const env = { REDIS_URL: redis.url, QUEUE_PREFIX: PREFIX };
    return run(['queue', 'failed', '--home', directory(), ...flags], { env });
  };

  it('shows the newest with why, inert, and nothing of what they brought', async () => {
    const { code, stdout } = await failed();
    assert.equal(code, 0, stdout);
    const lines = stdout.trimEnd().split('\n');
    assert.equal(lines.length, 21);
    assert.match(lines[0]!, /^\d+ +20\S+Z {2}not a task: /);
    assert.equal(lines.at(-1), `${JOBS} jobs failed for good`);
    assert.ok(!stdout.includes('\u001b') && !stdout.includes('PRIVATE'));
    const { total, jobs } = JSON.parse((await failed('--json')).stdout) as { total: number; jobs: unknown[] };
    assert.deepEqual([total, jobs.length], [JOBS, 20]);
  });

  it('puts all of them back, or removes them', async () => {
    assert.match((await failed('--retry')).stdout, /25 jobs put back\n$/);
    assert.deepEqual(await queue.getJobCounts('waiting', 'failed'), { waiting: JOBS, failed: 0 });
    await failAll();
    assert.match((await failed('--remove')).stdout, /25 jobs removed\n$/);
    assert.equal(await queue.getFailedCount(), 0);
    assert.equal((await connection.redis.keys(`${PREFIX}:${NAME}:[0-9]*`)).length, 0);
  });

  it('says what is missing: a Redis, its answer, one wish', async () => {
    const without = await run(['queue', 'failed', '--home', directory()]);
    assert.deepEqual([without.code, /REDIS_URL/.test(without.stderr)], [2, true]);
    assert.equal((await failed('--retry', '--remove')).code, 2);
    await redis.stop();
    const away = await failed();
    assert.equal(away.code, 3);
    assert.match(away.stderr, /Redis at 127\.0\.0\.1:\d+ does not answer .*: start it, or correct queue\.url/);
  });
});
