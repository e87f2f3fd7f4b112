import { ValidationError } from '../protocol/errors.ts';
import type { Digest } from '../protocol/hash.ts';
import type { EpochIndex } from './epoch-index.ts';
import type { JournalEntry, ResultQuery, Store, StoredResult, StoreWrite } from './ports.ts';

/** Journal entries of one epoch: ages of ticks. 256 epochs stay below the largest exact integer. */
const TICKS_PER_EPOCH = 2 ** 44;

/** One write at a time, of whichever epoch. */
export class WriteQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs after all that were asked for before, whatever became of them. */
  run<T>(write: () => Promise<T>): Promise<T> {
    const done = this.#last.then(write);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

export interface EpochStoreParts {
  epoch: number;
  store: Store;
  index: EpochIndex;
  writes: WriteQueue;
  /** The journal of all epochs. */
  journal(): Promise<readonly JournalEntry[]>;
}

/** One epoch's part of a shared store: its own numbers in the journal, and none but its own results. */
export class EpochStore implements Store {
  readonly #parts: EpochStoreParts;
  readonly #firstTick: number;
  #isWriting = false;

  constructor(parts: EpochStoreParts) {
    this.#parts = parts;
    this.#firstTick = parts.epoch * TICKS_PER_EPOCH;
  }

  get storeId(): string {
    return this.#parts.store.storeId;
  }

  /** Waits for other epochs; of this one it takes one at a time, like any store. */
  async write(write: StoreWrite): Promise<void> {
    if (this.#isWriting) throw new ValidationError('await the last write first', 'WRITE_IN_FLIGHT');
    const { journal, dropJournal = [] } = write;
    const shifted: StoreWrite = {
      ...write,
      dropJournal: dropJournal.map((tick) => this.#placeOf(tick)),
      ...(journal === undefined ? {} : { journal: { ...journal, tick: this.#placeOf(journal.tick) } }),
    };
    this.#isWriting = true;
    try {
      await this.#parts.writes.run(() => this.#parts.store.write(shifted));
    } finally {
      this.#isWriting = false;
    }
  }

  #placeOf(tick: number): number {
    if (tick >= 0 && tick < TICKS_PER_EPOCH) return this.#firstTick + tick;
    throw new RangeError(`not a tick of one epoch: ${tick}`);
  }

  async journal(): Promise<JournalEntry[]> {
    const all = await this.#parts.journal();
    return all
      .map(({ tick, bytes }) => ({ tick: tick - this.#firstTick, bytes }))
      .filter(({ tick }) => tick >= 0 && tick < TICKS_PER_EPOCH);
  }

  async result(taskId: Digest): Promise<StoredResult | undefined> {
    const result = await this.#parts.store.result(taskId);
    return result !== undefined && (await this.#isMine(taskId)) ? result : undefined;
  }

  async hasResult(taskId: Digest): Promise<boolean> {
    return (await this.#parts.store.hasResult(taskId)) && (await this.#isMine(taskId));
  }

  /** A decided task of which nothing tells the epoch any more is decided in all of them: it is never opened again. */
  async #isMine(taskId: Digest): Promise<boolean> {
    const epoch = await this.#parts.index.epochOf(taskId);
    return epoch === undefined || epoch === this.#parts.epoch;
  }

  task(...args: Parameters<Store['task']>) {
    return this.#parts.store.task(...args);
  }
  report(...args: Parameters<Store['report']>) {
    return this.#parts.store.report(...args);
  }
  results(query: ResultQuery) {
    return this.#parts.store.results(query);
  }
  resultIds(...args: Parameters<Store['resultIds']>) {
    return this.#parts.store.resultIds(...args);
  }
  resultCount() {
    return this.#parts.store.resultCount();
  }
  evidence(limit: number) {
    return this.#parts.store.evidence(limit);
  }
  pruned(...args: Parameters<Store['pruned']>) {
    return this.#parts.store.pruned(...args);
  }
  damagedCount() {
    return this.#parts.store.damagedCount();
  }
  async close(): Promise<void> {
    await this.#parts.writes.run(() => this.#parts.store.close());
  }
}
