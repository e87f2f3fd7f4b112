import type { FailedJobs } from '../adapters/queue/failed-jobs.ts';
import type { Config } from '../config/load.ts';
import { ValidationError } from '../protocol/errors.ts';
import { optionalPackage } from './optional-package.ts';

/**
 * The failed jobs of the queue that tasks come in by.
 * @throws ValidationError INVALID_CONFIG without a Redis, MISSING_PACKAGE
 */
export async function openFailedJobs({ queue }: Config): Promise<FailedJobs> {
  const { url, prefix, name } = queue;
  if (url === undefined)
    throw new ValidationError('no queue is configured: give REDIS_URL, or queue.url', 'INVALID_CONFIG');
  const { FailedJobs } = await optionalPackage(
    'pheme queue',
    'bullmq ioredis',
    () => import('../adapters/queue/failed-jobs.ts'),
  );
  return new FailedJobs({ url, prefix, name });
}
