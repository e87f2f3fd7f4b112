import { isUtf8 } from 'node:buffer';
import { ProtocolError } from './errors.ts';
import { CBOR_DEPTH_MAX } from './limits.ts';

/**
 * Deterministic CBOR (RFC 8949, 4.2.1) of a closed profile. Own code, since nothing else is done so often: a general
 * codec that reads, looks for what the profile leaves out and writes again to compare took a quarter of a node's time.
 */

/** What signed and stored bytes are made of: no maps, no floats, no tags, so that one value has one encoding. */
export type CborValue = null | boolean | number | string | Uint8Array | readonly CborValue[];

/** Major types and simple values (RFC 8949, 3.1 and 3.3). */
const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;
/** The longest head: one byte and a 64-bit argument. */
const HEAD_BYTES_MAX = 9;
const TWO_TO_32 = 2 ** 32;
/** Up to this length a loop over bytes or characters beats a call into the platform. */
const SHORT = 64;
const ASCII_END = 0x80;

/** Room in which values are written; it grows with what is written, and falls back so that one large task is not kept. */
const ROOM_BYTES = 64 * 1024;
let room = new Uint8Array(ROOM_BYTES);
let written = 0;

/** Small results share one piece of memory: to allocate each by itself takes longer than to write it. */
const SHARED_BYTES = 8 * 1024;
const SHARED_RESULT_BYTES_MAX = 1024;

class SharedMemory {
  #piece = new Uint8Array(0);
  #used = 0;

  /** A copy of bytes that were lent. */
  readonly keep = (bytes: Uint8Array): Uint8Array => {
    const { length } = bytes;
    if (length > SHARED_RESULT_BYTES_MAX) return bytes.slice();
    if (this.#used + length > this.#piece.length) {
      this.#piece = new Uint8Array(SHARED_BYTES);
      this.#used = 0;
    }
    const copy = this.#piece.subarray(this.#used, this.#used + length);
    copy.set(bytes);
    this.#used += length;
    return copy;
  };
}

const passing = new SharedMemory();
const lasting = new SharedMemory();

/**
 * Encodes arrays, safe integers, text, bytes, booleans and null.
 * @throws TypeError for anything else: what is to be signed stops here, not at the reader
 */
export function encodeCanonical(value: CborValue): Uint8Array {
  return encodeInto(value, passing.keep);
}

/**
 * As {@link encodeCanonical}, for what is kept long after what is encoded beside it was let go: among that, a leaf of
 * 100 bytes would hold a whole piece of memory.
 */
export function encodeLasting(value: CborValue): Uint8Array {
  return encodeInto(value, lasting.keep);
}

/** Encodes for a reader that keeps nothing, such as a hash: the bytes are lent, and gone when it returns. */
export function encodeInto<T>(value: CborValue, read: (bytes: Uint8Array) => T): T {
  written = 0;
  write(value);
  const answer = read(room.subarray(0, written));
  if (room.length > ROOM_BYTES) room = new Uint8Array(ROOM_BYTES);
  return answer;
}

function write(value: CborValue): void {
  if (typeof value === 'number') return writeInteger(value);
  if (value instanceof Uint8Array) return writeBytes(value);
  if (typeof value === 'string') return writeText(value);
  if (value === null || typeof value === 'boolean') {
    reserve(1);
    room[written++] = value === null ? NULL : value ? TRUE : FALSE;
    return;
  }
  if (!Array.isArray(value)) throw new TypeError(`${String(value)} cannot be encoded`);
  writeHead(ARRAY, value.length);
  for (const item of value) write(item);
}

function writeInteger(value: number): void {
  if (!Number.isSafeInteger(value)) throw new TypeError(`${value} is no integer: it cannot be encoded`);
  if (value < 0) writeHead(NEGATIVE, -1 - value);
  else writeHead(UNSIGNED, value);
}

function writeBytes(bytes: Uint8Array): void {
  const { length } = bytes;
  writeHead(BYTES, length);
  reserve(length);
  if (length > SHORT) room.set(bytes, written);
  else for (let i = 0; i < length; i++) room[written + i] = bytes[i]!;
  written += length;
}

function writeText(text: string): void {
  if (text.length <= SHORT && writeAscii(text)) return;
  const length = Buffer.byteLength(text);
  writeHead(TEXT, length);
  reserve(length);
  Buffer.from(room.buffer, written, length).write(text);
  written += length;
}

/** False if there is something else in the text; then nothing was written. */
function writeAscii(text: string): boolean {
  const { length } = text;
  const before = written;
  writeHead(TEXT, length);
  reserve(length);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code >= ASCII_END) {
      written = before;
      return false;
    }
    room[written++] = code;
  }
  return true;
}

/** The argument in as few bytes as it needs. */
function writeHead(major: number, argument: number): void {
  reserve(HEAD_BYTES_MAX);
  const type = major << 5;
  if (argument < 24) room[written++] = type | argument;
  else if (argument < 0x100) writeArgument(type | 24, argument, 1);
  else if (argument < 0x1_0000) writeArgument(type | 25, argument, 2);
  else if (argument < TWO_TO_32) writeArgument(type | 26, argument, 4);
  else {
    writeArgument(type | 27, Math.floor(argument / TWO_TO_32), 4);
    writeBigEndian(argument % TWO_TO_32, 4);
  }
}

function writeArgument(head: number, argument: number, width: number): void {
  room[written++] = head;
  writeBigEndian(argument, width);
}

function writeBigEndian(value: number, width: number): void {
  for (let shift = 8 * (width - 1); shift >= 0; shift -= 8) room[written++] = value >>> shift;
}

function reserve(count: number): void {
  if (written + count <= room.length) return;
  const larger = new Uint8Array(2 * (written + count));
  larger.set(room.subarray(0, written));
  room = larger;
}

/**
 * Decodes one canonical item: whatever would encode to other bytes is refused. Byte strings are copies.
 * @throws ProtocolError
 */
export function decodeCanonical(bytes: Uint8Array): CborValue {
  const reader = new Reader(bytes);
  const value = reader.item(0);
  if (!reader.atEnd) throw new ProtocolError('CBOR cannot be read: bytes are left over');
  return value;
}

class Reader {
  readonly #bytes: Uint8Array;
  /** The same bytes, for whoever reads text in them. */
  #texts: Buffer | undefined;
  #at = 0;

  constructor(bytes: Uint8Array) {
    // A Buffer would slice into views, which keep a whole message alive for one digest in it.
    this.#bytes = Buffer.isBuffer(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length) : bytes;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  item(depth: number): CborValue {
    const head = this.#bytes[this.#at++];
    if (head === undefined) throw new ProtocolError('CBOR cannot be read: it is cut off');
    if (head === FALSE || head === TRUE) return head === TRUE;
    if (head === NULL) return null;
    const argument = this.#argument(head & 31);
    switch (head >> 5) {
      case UNSIGNED:
        return argument;
      case NEGATIVE:
        return this.#negative(argument);
      case BYTES:
        return this.#slice(argument);
      case TEXT:
        return this.#text(argument);
      case ARRAY:
        return this.#array(argument, depth + 1);
      default:
        throw new ProtocolError('CBOR holds something else than integers, text, bytes and arrays');
    }
  }

  #array(count: number, depth: number): CborValue[] {
    if (depth > CBOR_DEPTH_MAX) throw new ProtocolError('CBOR is nested too deeply');
    this.#assertLeft(count); // an item has a byte at least
    const items: CborValue[] = [];
    for (let i = 0; i < count; i++) items.push(this.item(depth));
    return items;
  }

  #negative(argument: number): number {
    if (argument === Number.MAX_SAFE_INTEGER) throw new ProtocolError('CBOR integer is out of range');
    return -1 - argument;
  }

  #text(length: number): string {
    this.#assertLeft(length);
    const start = this.#at;
    this.#at += length;
    this.#texts ??= Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length);
    if (length <= SHORT && this.#isAscii(start, length)) return this.#texts.toString('latin1', start, this.#at);
    if (!isUtf8(this.#bytes.subarray(start, this.#at))) throw new ProtocolError('CBOR text is no UTF-8');
    return this.#texts.toString('utf8', start, this.#at);
  }

  #isAscii(start: number, length: number): boolean {
    for (let i = start; i < start + length; i++) if (this.#bytes[i]! >= ASCII_END) return false;
    return true;
  }

  #slice(length: number): Uint8Array {
    this.#assertLeft(length);
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  /** The number behind a head: in the fewest bytes, and exact. */
  #argument(info: number): number {
    if (info < 24) return info;
    if (info > 27) throw new ProtocolError('CBOR is not in its canonical form');
    const width = 2 ** (info - 24);
    const argument = width < 8 ? this.#take(width) : this.#take(4) * TWO_TO_32 + this.#take(4);
    const least = width === 1 ? 24 : 2 ** (4 * width);
    if (argument < least) throw new ProtocolError('CBOR is not in its canonical form');
    if (argument > Number.MAX_SAFE_INTEGER) throw new ProtocolError('CBOR integer is out of range');
    return argument;
  }

  #take(width: number): number {
    this.#assertLeft(width);
    let value = 0;
    for (let i = 0; i < width; i++) value = value * 256 + this.#bytes[this.#at++]!;
    return value;
  }

  #assertLeft(count: number): void {
    if (count > this.#bytes.length - this.#at) throw new ProtocolError('CBOR cannot be read: it is cut off');
  }
}
