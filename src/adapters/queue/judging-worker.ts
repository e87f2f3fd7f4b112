import { type Job, UnrecoverableError, Worker } from 'bullmq';
import { z } from 'zod';
import type { Judge, Logger } from '../../engine/ports.ts';
import type { Judgement } from '../../protocol/judgement.ts';
import { parseTask } from '../../protocol/task.ts';
import { JUDGING_QUEUE, QueueConnection, type QueueSettings } from './connection.ts';

export interface JudgingWorkerOptions extends QueueSettings {
  /** Jobs at once. */
  concurrency: number;
  logger: Logger;
}

/** A job whose worker died so often may be what kills them. */
const STALLS_MAX = 3;

const jobForm = z.strictObject({ task: z.unknown(), deadlineMs: z.int().min(0) });

/** Judges jobs of validators by the models of this machine. Holds no key and signs nothing. */
export class JudgingWorker {
  readonly #judge: Judge;
  readonly #connection: QueueConnection;
  readonly #worker: Worker;
  readonly #stopping = new AbortController();

  constructor({ url, prefix, lockMs, concurrency, logger }: JudgingWorkerOptions, judge: Judge) {
    this.#judge = judge;
    this.#connection = new QueueConnection(url);
    this.#worker = new Worker(JUDGING_QUEUE, (job) => this.#process(job), {
      connection: this.#connection.redis,
      prefix,
      concurrency,
      lockDuration: lockMs,
      stalledInterval: lockMs,
      maxStalledCount: STALLS_MAX,
    });
    this.#worker.on('error', (error) => this.#connection.note(error));
    this.#worker.on('failed', (job, error) => logger.warn({ job: job?.id, error: error.message }, 'a job failed'));
    this.#connection.redis.on('ready', () => logger.info({ queue: JUDGING_QUEUE }, 'takes jobs'));
    this.#connection.redis.on('close', () => logger.warn({ fault: this.#connection.fault }, 'takes no jobs'));
  }

  /** Gives up what is under way: a job that failed so is tried again by another worker. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('this worker stops'));
    await this.#worker.close(!(await this.#connection.answers()));
    this.#connection.close();
  }

  async #process(job: Job): Promise<Judgement> {
    const { task, budgetMs } = readJob(job.data);
    return this.#judge.judge(task, this.#stopping.signal, budgetMs);
  }
}

/** What it throws is for good: such a job cannot be judged by anybody, or not any more. */
function readJob(data: unknown) {
  try {
    const { task, deadlineMs } = jobForm.parse(data);
    const budgetMs = deadlineMs - Date.now();
    if (budgetMs <= 0) throw new Error('its deadline has passed');
    return { task: parseTask(task), budgetMs };
  } catch (error) {
    throw new UnrecoverableError(`not a judging job: ${(error as Error).message.slice(0, 500)}`);
  }
}
