/**
 * Collections that weigh next to nothing until something is in them: most of an undecided task's stay empty, and an
 * empty Map takes 180 bytes.
 */

/** As much of a Map as an instance needs; in the order of insertion. */
export interface Entries<K, V> extends Iterable<[K, V]> {
  readonly size: number;
  has(key: K): boolean;
  get(key: K): V | undefined;
  set(key: K, value: V): void;
  keys(): IterableIterator<K>;
  values(): IterableIterator<V>;
}

/** As much of a Set as an instance needs. */
export interface Members<T> {
  has(member: T): boolean;
  add(member: T): void;
}

/** Stand in for all that are still empty; nothing is ever added to them. */
const NO_ENTRIES: ReadonlyMap<unknown, unknown> = new Map();
const NO_MEMBERS: ReadonlySet<unknown> = new Set();

export class LazyMap<K, V> implements Entries<K, V> {
  #entries = NO_ENTRIES as Map<K, V>;

  get size(): number {
    return this.#entries.size;
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  set(key: K, value: V): void {
    if (this.#entries === NO_ENTRIES) this.#entries = new Map();
    this.#entries.set(key, value);
  }

  keys(): IterableIterator<K> {
    return this.#entries.keys();
  }

  values(): IterableIterator<V> {
    return this.#entries.values();
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.#entries.entries();
  }
}

export class LazySet<T> implements Members<T> {
  #members = NO_MEMBERS as Set<T>;

  has(member: T): boolean {
    return this.#members.has(member);
  }

  add(member: T): void {
    if (this.#members === NO_MEMBERS) this.#members = new Set();
    this.#members.add(member);
  }
}
