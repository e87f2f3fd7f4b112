import type { Config } from '../config/load.ts';
import type { ModelSettings } from '../models/settings.ts';
import { WorkerPool } from './worker-pool.ts';

/** The pool of judging workers that a configuration asks for; the daemon and `pheme judge` run the same. */
export function createJudges({
  models,
  defaultModel,
  worker,
}: Pick<Config, 'models' | 'defaultModel' | 'worker'>): WorkerPool {
  const { concurrency, maxJobsPerWorker, timeout, retryLimit } = worker;
  const settings = Object.entries(models).map(([name, model]): [string, ModelSettings] => {
    const { variant, ...rest } = model;
    return [
      name,
      { ...rest, timeoutMs: timeout, ...(variant === undefined ? {} : { variant: variant.replace(/^embedded:/, '') }) },
    ];
  });
  return new WorkerPool({
    models: { models: Object.fromEntries(settings), default: defaultModel },
    concurrency,
    maxJobsPerWorker,
    timeoutMs: timeout,
    retryLimit,
  });
}
