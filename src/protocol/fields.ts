import { toHex } from './bytes.ts';
import type { CborValue } from './cbor.ts';
import { ProtocolError } from './errors.ts';
import type { Digest } from './hash.ts';

/** Readers of decoded CBOR: each names what it wanted, so that a refusal says what was wrong. */

export function arrayOf(value: CborValue | undefined, what: string, length?: number): readonly CborValue[] {
  if (!Array.isArray(value)) throw new ProtocolError(`${what} must be an array`);
  if (length !== undefined && value.length !== length) {
    throw new ProtocolError(`${what} must have ${length} items, got ${value.length}`);
  }
  return value;
}

/** An array of at most `itemsMax` items, each read by `read`. */
export function listOf<T>(
  value: CborValue | undefined,
  what: string,
  itemsMax: number,
  read: (item: CborValue, what: string) => T,
): T[] {
  const items = arrayOf(value, what);
  if (items.length > itemsMax) throw new ProtocolError(`${what} must have at most ${itemsMax} items`);
  return items.map((item) => read(item, what));
}

export function integerOf(value: CborValue | undefined, what: string, min: number, max: number): number {
  if (typeof value !== 'number' || value < min || value > max) {
    throw new ProtocolError(`${what} must be an integer from ${min} to ${max}`);
  }
  return value;
}

export function textOf(value: CborValue | undefined, what: string, charsMax: number): string {
  if (typeof value !== 'string' || value.length > charsMax) {
    throw new ProtocolError(`${what} must be text of at most ${charsMax} characters`);
  }
  return value;
}

export function booleanOf(value: CborValue | undefined, what: string): boolean {
  if (typeof value !== 'boolean') throw new ProtocolError(`${what} must be a boolean`);
  return value;
}

export function bytesOf(value: CborValue | undefined, what: string, bytesMax: number): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length > bytesMax) {
    throw new ProtocolError(`${what} must be bytes, at most ${bytesMax}`);
  }
  return value;
}

export function fixedBytesOf(value: CborValue | undefined, what: string, length: number): Uint8Array {
  const bytes = bytesOf(value, what, length);
  if (bytes.length !== length) throw new ProtocolError(`${what} must be ${length} bytes, got ${bytes.length}`);
  return bytes;
}

export function digestOf(value: CborValue | undefined, what: string): Digest {
  return toHex(fixedBytesOf(value, what, 32));
}

/** Reads a value that may be null. */
export function optional<T>(value: CborValue | undefined, read: (present: CborValue) => T): T | null {
  return value === null || value === undefined ? null : read(value);
}

/** One word of a closed list, by its position on the wire. */
export function wordOf<Word extends string>(value: CborValue | undefined, what: string, words: readonly Word[]): Word {
  return words[integerOf(value, what, 0, words.length - 1)]!;
}
