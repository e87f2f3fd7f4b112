import type { Logger } from './ports.ts';

/** Runs what nobody waits for. It may fail with the store it reads: that is told, and ends nothing but itself. */
export type Background = (what: string, job: Promise<unknown>) => void;

export function createBackground(logger: Logger): Background {
  return (what, job) => {
    job.catch((error: unknown) => logger.warn({ error: (error as Error).message }, `${what} failed`));
  };
}
