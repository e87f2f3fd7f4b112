import { resolve } from 'node:path';
import type { Config } from '../config/load.ts';
import { CustomValidator } from '../models/custom/custom-validator.ts';
import type { ModelSettings } from '../models/settings.ts';
import { WorkerPool } from './worker-pool.ts';

export type JudgeSettings = Pick<Config, 'home' | 'models' | 'defaultModel' | 'escalation' | 'worker'>;

/** The pool of judging workers that a configuration asks for; the daemon and `pheme judge` run the same. */
export function createJudges({ home, models, defaultModel, escalation, worker }: JudgeSettings): WorkerPool {
  const { concurrency, maxJobsPerWorker, timeout, retryLimit } = worker;
  const { model: escalationModel, timeout: escalationMs = timeout } = escalation;
  const settings = Object.entries(models).map(([name, model]): [string, ModelSettings] => {
    const { variant, file, timeoutMs = name === escalationModel ? escalationMs : timeout, ...rest } = model;
    return [
      name,
      {
        ...rest,
        timeoutMs,
        ...(variant === undefined ? {} : { variant: variant.replace(/^embedded:/, '') }),
        ...(file === undefined ? {} : { file: resolve(home, file) }),
      },
    ];
  });
  return new WorkerPool({
    models: {
      models: Object.fromEntries(settings),
      default: defaultModel,
      ...(escalationModel === undefined ? {} : { escalation: escalationModel }),
    },
    concurrency,
    maxJobsPerWorker,
    timeoutMs: timeout,
    escalationTimeoutMs: escalationMs,
    retryLimit,
  });
}

/**
 * Refuses to go on with a custom model that could not judge.
 * @throws ValidationError INVALID_MODEL
 */
export async function assertCustomModels({ home, models }: Pick<Config, 'home' | 'models'>): Promise<void> {
  for (const { file } of Object.values(models)) if (file !== undefined) await CustomValidator.load(resolve(home, file));
}
