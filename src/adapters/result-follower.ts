import type { Adapter, AdapterHost, DecidedTask } from './adapter.ts';

export interface FollowerOptions {
  /** Names the adapter, and the note that holds how far it came. */
  name: string;
  /** Decided tasks that are delivered in one go. */
  batchMax: number;
  /** How long more decisions are waited for before a batch that is not full is delivered; 0 unless given. */
  gatherMs?: number;
  /** First pause after a failure; doubles up to `retryMsMax`. */
  retryMs?: number;
  retryMsMax?: number;
  /**
   * Delivers decided tasks, oldest first. Must be idempotent: a batch is delivered again after a crash, in whole or in
   * part. Throws if the other side is away; the batch is then tried again until it succeeds.
   */
  deliver(batch: readonly DecidedTask[], signal: AbortSignal): Promise<void>;
}

/** A restarted service is back within a second or two; one that is gone for long is asked twice a minute. */
const RETRY_MS = 500;
const RETRY_MS_MAX = 30_000;
/** Share of a pause that chance takes off, so that many nodes do not ask a restarted service in one moment. */
const JITTER = 0.25;

/**
 * Follows the node's decisions and delivers each at least once and in order, over outages and restarts: the order of
 * decisions in the store is the outbox, and a note says how far it was delivered.
 */
export class ResultFollower implements Adapter {
  readonly name: string;
  readonly #options: Required<FollowerOptions>;
  readonly #host: AdapterHost;
  readonly #stopping = new AbortController();
  readonly #unsubscribe: () => void;
  readonly #running: Promise<void>;
  #wake: () => void = () => {};
  #fault: string | undefined;
  #delivered = 0;

  constructor(options: FollowerOptions, host: AdapterHost) {
    this.name = options.name;
    this.#options = { gatherMs: 0, retryMs: RETRY_MS, retryMsMax: RETRY_MS_MAX, ...options };
    this.#host = host;
    this.#unsubscribe = host.onDecided(() => this.#wake());
    this.#running = this.#run();
  }

  /** Place of the last decision that was delivered; 0 before the first. */
  get delivered(): number {
    return this.#delivered;
  }

  faults(): string[] {
    return this.#fault === undefined ? [] : [this.#fault];
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    this.#stopping.abort();
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    let pauseMs = this.#options.retryMs;
    while (!this.#stopping.signal.aborted) {
      // Armed before the look, so that a decision in between is not slept over.
      const news = this.#news();
      try {
        const more = await this.#deliverNext();
        this.#recovered();
        pauseMs = this.#options.retryMs;
        if (!more) await news;
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        this.#failed(error as Error);
        await this.#pause(pauseMs * (1 - JITTER * Math.random()));
        pauseMs = Math.min(2 * pauseMs, this.#options.retryMsMax);
      }
    }
  }

  /** Delivers one batch; false if there was none. */
  async #deliverNext(): Promise<boolean> {
    const { name, deliver } = this.#options;
    const note = `adapter/${name}/delivered`;
    this.#delivered = Number((await this.#host.notes.get(note)) ?? 0);
    const batch = await this.#gather();
    const last = batch.at(-1);
    if (last === undefined) return false;
    await deliver(batch, this.#stopping.signal);
    await this.#host.notes.set(note, String(last.sequence));
    this.#delivered = last.sequence;
    return true;
  }

  async #gather(): Promise<DecidedTask[]> {
    const { batchMax, gatherMs } = this.#options;
    const found = await this.#host.decidedAfter(this.#delivered, batchMax);
    if (gatherMs === 0 || found.length === 0 || found.length === batchMax) return found;
    await this.#pause(gatherMs);
    this.#stopping.signal.throwIfAborted();
    return this.#host.decidedAfter(this.#delivered, batchMax);
  }

  /** Resolves at the next decision, or at the stop. */
  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        cancel();
        this.#stopping.signal.removeEventListener('abort', finish);
        resolve();
      };
      const cancel = this.#host.clock.setTimer(delayMs, finish);
      this.#stopping.signal.addEventListener('abort', finish);
    });
  }

  #failed(error: Error): void {
    const fault = `${this.name}: ${error.message}; results are kept and delivered later`;
    if (this.#fault === undefined)
      this.#host.logger.warn({ adapter: this.name, error: error.message }, 'not delivered');
    this.#fault = fault;
  }

  #recovered(): void {
    if (this.#fault !== undefined) this.#host.logger.info({ adapter: this.name }, 'delivers again');
    this.#fault = undefined;
  }
}
