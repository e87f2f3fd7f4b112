import { type Job, Queue } from 'bullmq';
import { ValidationError } from '../../protocol/errors.ts';
import { QueueConnection, type QueueSettings } from './connection.ts';

/** A job brings a task of up to 4 MiB along. */
const LISTED_MAX = 20;
const ANSWER_MS_MAX = 5_000;
const REASON_CHARS_MAX = 500;

/** A job that failed for good. What it says was written by whoever sent it. */
export interface FailedJob {
  job: string;
  failedAt: string | null;
  reason: string;
}

/** The jobs of a task queue that failed for good: shown, put back, or removed. */
export class FailedJobs {
  readonly #connection: QueueConnection;
  readonly #queue: Queue;

  constructor({ url, prefix, name }: Pick<QueueSettings, 'url' | 'prefix'> & { name: string }) {
    this.#connection = new QueueConnection(url);
    const shared = { connection: this.#connection.redis, prefix };
    this.#queue = new Queue(name, { ...shared, skipMetasUpdate: true });
    this.#queue.on('error', (error) => this.#connection.note(error));
  }

  /** The newest ones, and how many there are. @throws ValidationError UNAVAILABLE */
  list(): Promise<{ total: number; jobs: FailedJob[] }> {
    return this.#answered(async () => {
      const [total, jobs] = await Promise.all([this.#queue.getFailedCount(), this.#queue.getFailed(0, LISTED_MAX - 1)]);
      return { total, jobs: jobs.map(viewOf) };
    });
  }

  /** Puts all of them back into the queue. @throws ValidationError UNAVAILABLE */
  retry(): Promise<void> {
    return this.#answered(() => this.#queue.retryJobs({ state: 'failed' }));
  }

  /** Removes all of them, with what they brought. @throws ValidationError UNAVAILABLE */
  remove(): Promise<void> {
    return this.#answered(async () => void (await this.#queue.clean(0, 0, 'failed')));
  }

  close(): void {
    void this.#queue.close().catch(() => undefined); // it waits for a server that may be away
    this.#connection.close();
  }

  async #answered<T>(work: () => Promise<T>): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const why = this.#connection.fault ?? 'Redis does not answer';
      reject(new ValidationError(`${why}: start it, or correct queue.url`, 'UNAVAILABLE'));
    }, ANSWER_MS_MAX);
    const answer = work();
    answer.catch(() => undefined); // what comes too late has no reader
    return Promise.race([answer, late]).finally(() => clearTimeout(timer));
  }
}

function viewOf({ id, finishedOn, failedReason = '' }: Job): FailedJob {
  return {
    job: id ?? '',
    failedAt: finishedOn === undefined ? null : new Date(finishedOn).toISOString(),
    reason: failedReason.slice(0, REASON_CHARS_MAX),
  };
}
