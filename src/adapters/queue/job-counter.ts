import type { Queue } from 'bullmq';
import { JOB_STATES, type JobCounts } from '../adapter.ts';
import type { QueueConnection } from './connection.ts';

/** An answer costs the server a few lookups; operators see a change within two scrapes. */
const COUNT_EVERY_MS = 5_000;

/** Counts the jobs of a queue now and then: other processes end them too, so that only the server knows. */
export class JobCounter {
  readonly #queue: Queue;
  readonly #connection: QueueConnection;
  readonly #timer: NodeJS.Timeout;
  #counts: JobCounts | null = null;
  #asking = false;

  constructor(queue: Queue, connection: QueueConnection) {
    this.#queue = queue;
    this.#connection = connection;
    this.#timer = setInterval(() => this.refresh(), COUNT_EVERY_MS);
    connection.redis.on('ready', () => this.refresh());
  }

  /** Null while the server does not answer. */
  get counts(): JobCounts | null {
    return this.#connection.ready ? this.#counts : null;
  }

  /** Counts at once; who just ended a job knows that the counts are old. */
  refresh(): void {
    if (this.#asking || !this.#connection.ready) return;
    this.#asking = true;
    this.#queue
      .getJobCounts(...JOB_STATES)
      .then(
        (counts) => {
          this.#counts = counts as JobCounts;
        },
        (error: Error) => this.#connection.note(error),
      )
      .finally(() => {
        this.#asking = false;
      });
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
