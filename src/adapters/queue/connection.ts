import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';

/** How a node and its workers reach one another: a Redis server, and where in it. */
export interface QueueSettings {
  /** `redis://` or, with TLS, `rediss://`; may hold a password. */
  url: string;
  /** Before every key; nodes and workers of one queue share it. */
  prefix: string;
  /** Milliseconds after which the jobs of a dead process are taken by another. */
  lockMs: number;
}

/** Name of the queue by which validators hand judging to `pheme worker`. */
export const JUDGING_QUEUE = 'judging';
/** First pause before a job is tried again; doubles. */
export const BACKOFF_MS = 1000;
/** A server that restarts is back in a second or two; one that is gone for long is asked this often. */
const RECONNECT_MS_MAX = 5_000;
/** A server that leaves a command unanswered for so long is hung up on; it answers BullMQ's blocking reads in 10 s. */
const SILENCE_MS_MAX = 20_000;
/** A server answers a ping in a millisecond; this is one that pauses. */
const PING_MS_MAX = 1_000;

/** A connection that comes back by itself; commands wait for it meanwhile. */
export class QueueConnection {
  readonly redis: Redis;
  readonly #where: string;
  #lastError = 'not connected yet';

  constructor(url: string) {
    const { host } = new URL(url);
    this.#where = host;
    this.redis = new Redis(url, {
      maxRetriesPerRequest: null, // BullMQ's workers require it: their blocking reads outlive an outage
      socketTimeout: SILENCE_MS_MAX,
      retryStrategy: (tries) => Math.min(100 * 2 ** Math.min(tries, 10), RECONNECT_MS_MAX),
    });
    this.redis.on('error', (error) => this.note(error));
  }

  get ready(): boolean {
    return this.redis.status === 'ready';
  }

  /** What is wrong with it now, without user or password; undefined if nothing is. */
  get fault(): string | undefined {
    return this.ready ? undefined : `Redis at ${this.#where} does not answer (${this.#lastError})`;
  }

  /** Errors of connections that BullMQ made from this one. */
  note(error: Error): void {
    this.#lastError = (error as NodeJS.ErrnoException).code ?? error.name;
  }

  /** Whether the server answers now: one that accepts and says nothing must not hold up a stop. */
  async answers(): Promise<boolean> {
    if (!this.ready) return false;
    const late = new AbortController();
    const answered = this.redis.ping().then(
      () => true,
      () => false,
    );
    const silent = delay(PING_MS_MAX, false, { signal: late.signal }).catch(() => false);
    return Promise.race([answered, silent]).finally(() => late.abort());
  }

  close(): void {
    this.redis.disconnect();
  }
}
