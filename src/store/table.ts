import { concatBytes, toHex } from '../protocol/bytes.ts';
import type { Backend, Change } from './backend.ts';
import type { DamageLog } from './damage-log.ts';
import { seal, unseal } from './seal.ts';

/** To bytes and back. `decode` may throw on bytes that `encode` did not make. */
export interface Codec<T> {
  encode(value: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}

export interface TableSchema<Key, Value> {
  name: string;
  /** The first byte of every key of the table, an ASCII letter. */
  prefix: string;
  key: Codec<Key>;
  value: Codec<Value>;
}

/** What a key holds: `damaged` is something that was stored and is not what was stored. */
export type Found<Value> = { state: 'sound'; value: Value } | { state: 'absent' | 'damaged' };

export interface Page<Key> {
  /** Exclusive. */
  after?: Key;
  /** Exclusive. */
  before?: Key;
  reverse?: boolean;
}

/** One table: a prefix, a codec of keys and a codec of values that check themselves. */
export class Table<Key, Value> {
  readonly #schema: TableSchema<Key, Value>;
  readonly #prefix: Uint8Array;
  readonly #backend: Backend;
  readonly #damage: DamageLog;

  constructor(schema: TableSchema<Key, Value>, backend: Backend, damage: DamageLog) {
    this.#schema = schema;
    this.#prefix = Buffer.from(schema.prefix, 'ascii');
    this.#backend = backend;
    this.#damage = damage;
  }

  put(key: Key, value: Value): Change {
    const stored = this.#storedKey(key);
    return { key: stored, value: seal(stored, this.#schema.value.encode(value)) };
  }

  delete(key: Key): Change {
    return { key: this.#storedKey(key), value: null };
  }

  /** Puts the rows whose keys hold nothing sound yet; of several with one key the first. */
  async putNew(rows: Iterable<readonly [Key, Value]>): Promise<Change[]> {
    const changes = new Map<string, Change>();
    const put = async ([key, value]: readonly [Key, Value]) => {
      if ((await this.find(key)).state === 'sound') return;
      const change = this.put(key, value);
      const id = toHex(change.key);
      if (!changes.has(id)) changes.set(id, change);
    };
    await Promise.all(Array.from(rows, put));
    return [...changes.values()];
  }

  async find(key: Key): Promise<Found<Value>> {
    const stored = this.#storedKey(key);
    const sealed = await this.#backend.get(stored);
    return sealed === undefined ? { state: 'absent' } : this.#read(stored, sealed);
  }

  async get(key: Key): Promise<Value | undefined> {
    const found = await this.find(key);
    return found.state === 'sound' ? found.value : undefined;
  }

  /** Entries by the order of their keys' bytes; those whose key cannot be read are reported and left out. */
  async *entries({ after, before, reverse = false }: Page<Key> = {}): AsyncIterable<[Key, Found<Value>]> {
    const from = after === undefined ? this.#prefix : concatBytes([this.#storedKey(after), Uint8Array.of(0)]);
    const to = before === undefined ? successor(this.#prefix) : this.#storedKey(before);
    if (Buffer.compare(from, to) >= 0) return;
    for await (const { key: stored, value: sealed } of this.#backend.entries({ from, to, reverse })) {
      const found = this.#read(stored, sealed);
      const key = this.#decode(this.#schema.key, stored.subarray(this.#prefix.length));
      if (key === undefined) this.#damage.add(this.#schema.name, stored);
      else yield [key, found];
    }
  }

  /** The sound entries only. */
  async *sound(page: Page<Key> = {}): AsyncIterable<[Key, Value]> {
    for await (const [key, found] of this.entries(page)) {
      if (found.state === 'sound') yield [key, found.value];
    }
  }

  /** Gives the space of what was deleted back to the disk. */
  compact(): Promise<void> {
    return this.#backend.compact({ from: this.#prefix, to: successor(this.#prefix) });
  }

  #storedKey(key: Key): Uint8Array {
    return concatBytes([this.#prefix, this.#schema.key.encode(key)]);
  }

  #read(stored: Uint8Array, sealed: Uint8Array): Found<Value> {
    const bytes = unseal(stored, sealed);
    const value = bytes === undefined ? undefined : this.#decode(this.#schema.value, bytes);
    if (value !== undefined) return { state: 'sound', value };
    this.#damage.add(this.#schema.name, stored);
    return { state: 'damaged' };
  }

  #decode<T>(codec: Codec<T>, bytes: Uint8Array): T | undefined {
    try {
      return codec.decode(bytes);
    } catch {
      return undefined;
    }
  }
}

/** The first key behind all keys with this prefix. */
function successor(prefix: Uint8Array): Uint8Array {
  const next = Uint8Array.from(prefix);
  next[next.length - 1]! += 1;
  return next;
}
