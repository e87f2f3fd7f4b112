import { decode, encode } from 'cborg';
import { equalBytes } from './bytes.ts';
import { ProtocolError } from './errors.ts';
import { CBOR_DEPTH_MAX } from './limits.ts';

/** What signed and stored bytes are made of: no maps, no floats, no tags, so that one value has one encoding. */
export type CborValue = null | boolean | number | string | Uint8Array | readonly CborValue[];

const DECODE_OPTIONS = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: false,
};

/** A float or a hole in what is to be signed is a fault of this program: it stops here, not at the reader. */
const ENCODE_OPTIONS = {
  typeEncoders: {
    number: (value: number) => {
      if (!Number.isSafeInteger(value)) throw new TypeError(`${value} is no integer: it cannot be encoded`);
      return null; // encoded as usual
    },
    undefined: () => {
      throw new TypeError('undefined cannot be encoded');
    },
  },
};

/** Deterministic CBOR (RFC 8949, 4.2.1) of arrays, safe integers, text, bytes, booleans and null. */
export function encodeCanonical(value: CborValue): Uint8Array {
  return encode(value, ENCODE_OPTIONS);
}

/**
 * Decodes one canonical item: whatever would encode to other bytes is refused.
 * @throws ProtocolError
 */
export function decodeCanonical(bytes: Uint8Array): CborValue {
  const value = decodeAny(bytes);
  assertPlain(value, 0);
  if (!equalBytes(encode(value), bytes)) throw new ProtocolError('CBOR is not in its canonical form');
  return value;
}

function decodeAny(bytes: Uint8Array): CborValue {
  try {
    return decode(bytes, DECODE_OPTIONS) as CborValue;
  } catch (error) {
    // Deep nesting overflows the decoder's stack (RangeError); it is malformed input like any other.
    throw new ProtocolError(`CBOR cannot be read: ${(error as Error).message}`);
  }
}

function assertPlain(value: unknown, depth: number): asserts value is CborValue {
  if (depth > CBOR_DEPTH_MAX) throw new ProtocolError('CBOR is nested too deeply');
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return;
  if (value instanceof Uint8Array) return;
  if (!Array.isArray(value)) throw new ProtocolError('CBOR holds something else than integers, text, bytes and arrays');
  for (const item of value) assertPlain(item, depth + 1);
}
