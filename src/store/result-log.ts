import type { ResultQuery, StoredResult, StoreWrite } from '../engine/ports.ts';
import type { Digest } from '../protocol/hash.ts';
import type { Change } from './backend.ts';
import type { Tables } from './tables.ts';

type NewResult = NonNullable<StoreWrite['results']>[number];

/** What a write of results comes to: the changes, and the log's state once they are durable. */
export interface ResultChanges {
  changes: Change[];
  lastSequence: number;
  count: number;
}

/**
 * Results and the order in which they were stored. The two tables mend each other: a result names its own place,
 * and the order still knows the place of a result that was damaged.
 */
export class ResultLog {
  readonly #tables: Pick<Tables, 'results' | 'order'>;
  #lastSequence = 0;
  #count = 0;
  #orderIsDamaged = false;

  constructor(tables: Pick<Tables, 'results' | 'order'>) {
    this.#tables = tables;
  }

  /** Places taken, those of damaged results included: they are to be fetched again. */
  get count(): number {
    return this.#count;
  }

  /** Reads the order; needed at the start, and after a write of which it is unknown whether it took place. */
  async load(): Promise<void> {
    this.#lastSequence = 0;
    this.#count = 0;
    this.#orderIsDamaged = false;
    for await (const [sequence, found] of this.#tables.order.entries()) {
      this.#lastSequence = Math.max(this.#lastSequence, sequence);
      if (found.state === 'sound') this.#count += 1;
      else this.#orderIsDamaged = true;
    }
  }

  /** New results get the next places; one that was damaged gets its old place, if the order still knows it. */
  async prepare(newResults: readonly NewResult[], nowMs: number): Promise<ResultChanges> {
    const changes: Change[] = [];
    const written = new Set<Digest>();
    let [lastSequence, count] = [this.#lastSequence, this.#count];
    const stored = await Promise.all(newResults.map(({ taskId }) => this.#tables.results.find(taskId)));
    for (const [at, { taskId, certBytes }] of newResults.entries()) {
      const found = stored[at]!;
      if (found.state === 'sound' || written.has(taskId)) continue;
      written.add(taskId);
      const oldPlace = found.state === 'damaged' ? await this.#placeOf(taskId) : undefined;
      const sequence = oldPlace ?? lastSequence + 1;
      lastSequence = Math.max(lastSequence, sequence);
      count += oldPlace === undefined ? 1 : 0;
      changes.push(this.#tables.results.put(taskId, { sequence, storedAtMs: nowMs, certBytes }));
      changes.push(this.#tables.order.put(sequence, taskId));
    }
    return { changes, lastSequence, count };
  }

  commit({ lastSequence, count }: ResultChanges): void {
    this.#lastSequence = lastSequence;
    this.#count = count;
  }

  /** What mends the order from the results, if any of it was found damaged; `load` again afterwards. */
  async repairs(): Promise<Change[]> {
    if (!this.#orderIsDamaged) return [];
    const { order, results } = this.#tables;
    const changes: Change[] = [];
    let last = this.#lastSequence;
    for await (const [sequence, found] of order.entries()) {
      if (found.state === 'damaged') changes.push(order.delete(sequence));
    }
    for await (const [taskId, row] of results.sound()) {
      const place = await order.find(row.sequence);
      if (place.state === 'sound' && place.value === taskId) continue;
      const sequence = place.state === 'sound' ? ++last : row.sequence; // another result may have taken its lost place
      changes.push(order.put(sequence, taskId), results.put(taskId, { ...row, sequence }));
    }
    return changes;
  }

  async find(taskId: Digest): Promise<StoredResult | undefined> {
    const row = await this.#tables.results.get(taskId);
    if (row === undefined) return undefined;
    const place = await this.#tables.order.find(row.sequence);
    if (place.state !== 'sound' || place.value !== taskId) this.#orderIsDamaged = true;
    return { taskId, ...row };
  }

  async list({ cursor, limit, order }: ResultQuery): Promise<StoredResult[]> {
    const listed: StoredResult[] = [];
    for await (const [sequence, taskId] of this.#places(cursor, order)) {
      if (listed.length >= limit) break;
      const row = await this.#tables.results.get(taskId);
      if (row?.sequence === sequence) listed.push({ taskId, ...row });
    }
    return listed;
  }

  async ids(cursor: number, limit: number): Promise<{ sequence: number; taskId: Digest }[]> {
    const ids: { sequence: number; taskId: Digest }[] = [];
    for await (const [sequence, taskId] of this.#places(cursor, 'oldest')) {
      if (ids.length >= limit) break;
      ids.push({ sequence, taskId });
    }
    return ids;
  }

  async *#places(cursor: number | undefined, order: ResultQuery['order']): AsyncIterable<[number, Digest]> {
    const reverse = order === 'newest';
    const page = cursor === undefined ? {} : reverse ? { before: cursor } : { after: cursor };
    for await (const [sequence, found] of this.#tables.order.entries({ ...page, reverse })) {
      if (found.state === 'sound') yield [sequence, found.value];
      else this.#orderIsDamaged = true;
    }
  }

  async #placeOf(taskId: Digest): Promise<number | undefined> {
    for await (const [sequence, id] of this.#tables.order.sound()) {
      if (id === taskId) return sequence;
    }
    return undefined;
  }
}
