/** A change of one key; `value` null deletes it. */
export interface Change {
  key: Uint8Array;
  value: Uint8Array | null;
}

/** Keys from `from` (inclusive) to `to` (exclusive), compared as unsigned bytes. */
export interface KeyRange {
  from: Uint8Array;
  to: Uint8Array;
  reverse?: boolean;
}

/** A key and what is stored under it, not yet checked. */
export interface Entry {
  key: Uint8Array;
  value: Uint8Array;
}

/** Ordered bytes to bytes: all that the store asks of a database. */
export interface Backend {
  get(key: Uint8Array): Promise<Uint8Array | undefined>;
  /** Entries in the order of their keys. What changes during the iteration may or may not be seen. */
  entries(range: KeyRange): AsyncIterable<Entry>;
  /** All changes or none, durable before the promise resolves. After a failure the same changes may be tried again. */
  apply(changes: readonly Change[]): Promise<void>;
  /** All changes or none, without waiting for the disk: a crash of the machine may lose them. */
  applyLazily(changes: readonly Change[]): Promise<void>;
  /** Rewrites a range so that what was deleted in it leaves the disk. May take long; reads and writes go on. */
  compact(range: Pick<KeyRange, 'from' | 'to'>): Promise<void>;
  close(): Promise<void>;
}

/** A value that was stored and cannot be trusted any more. */
export interface Damage {
  /** The table's name, or `database` when LevelDB itself found its files damaged and was repaired. */
  table: string;
  /** The stored key, hex; empty for the whole database. */
  key: string;
}
