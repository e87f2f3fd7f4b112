import type { JudgingWorker } from '../adapters/queue/judging-worker.ts';
import type { RemoteJudge } from '../adapters/queue/remote-judge.ts';
import type { Config } from '../config/load.ts';
import type { Judge, Logger } from '../engine/ports.ts';
import { ValidationError } from '../protocol/errors.ts';
import { createJudges } from './judges.ts';
import { optionalPackage } from './optional-package.ts';

/** npm installs both by this text. */
const PACKAGES = 'bullmq ioredis';

/**
 * The judge that hands tasks to `pheme worker` processes; undefined where this node judges by itself.
 * @param local judges here where the configuration allows it
 * @throws ValidationError MISSING_PACKAGE
 */
export async function startRemoteJudge(
  { queue, worker }: Config,
  local: Judge,
  logger: Logger,
): Promise<RemoteJudge | undefined> {
  const { url, prefix, lockMs, judging } = queue;
  if (judging === 'local' || url === undefined) return undefined;
  return optionalPackage('queue.judging', PACKAGES, async () => {
    const { RemoteJudge } = await import('../adapters/queue/remote-judge.ts');
    const { retryLimit, timeout: timeoutMs } = worker;
    const fallback = judging === 'workers-else-local' ? { local } : {};
    return new RemoteJudge({ url, prefix, lockMs, retryLimit, timeoutMs, logger, ...fallback });
  });
}

/** A process that judges for validators. */
export interface RunningWorker {
  stop(): Promise<void>;
}

/**
 * Takes judging jobs from Redis and judges them by the home's models, in the same pool as a validator's own.
 * @throws ValidationError INVALID_CONFIG without a Redis, MISSING_PACKAGE
 */
export async function startWorker(config: Config, logger: Logger): Promise<RunningWorker> {
  const { queue, worker } = config;
  const { url, prefix, lockMs } = queue;
  if (url === undefined) {
    const remedy = 'give it with --redis URL, REDIS_URL, or queue.url';
    throw new ValidationError(`a worker takes its jobs from a Redis server: ${remedy}`, 'INVALID_CONFIG');
  }
  const { JudgingWorker } = await optionalPackage(
    'pheme worker',
    PACKAGES,
    () => import('../adapters/queue/judging-worker.ts'),
  );
  const pool = createJudges(config);
  const running: JudgingWorker = new JudgingWorker(
    { url, prefix, lockMs, concurrency: worker.concurrency, logger },
    pool,
  );
  return {
    stop: async () => {
      await running.stop();
      await pool.stop();
    },
  };
}
