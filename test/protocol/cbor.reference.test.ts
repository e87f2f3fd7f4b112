import assert from 'node:assert/strict';
import { decode, encode } from 'cborg';
import fc from 'fast-check';
import { type CborValue, decodeCanonical, encodeCanonical } from '../../src/protocol/cbor.ts';
import { ProtocolError } from '../../src/protocol/errors.ts';
import { anyCbor } from './samples.ts';

/** An implementation by others: what ours writes and accepts is held against it. */
const STRICT = { strict: true, allowIndefinite: false, allowUndefined: false, allowBigInt: false } as const;

describe('canonical CBOR beside the cborg library', () => {
  it('is written in the same bytes', () => {
    fc.assert(
      fc.property(anyCbor, (value) => {
        assert.deepEqual(encodeCanonical(value), Uint8Array.from(encode(value)));
      }),
      { numRuns: 500 },
    );
  });

  it('is read the same, and refused where it is not what would be written', () => {
    const damaged = fc.tuple(anyCbor, fc.nat(), fc.nat(255), fc.nat(3)).map(([value, at, byte, cut]) => {
      const bytes = Uint8Array.from(encodeCanonical(value));
      bytes[at % bytes.length] = byte;
      return bytes.subarray(0, Math.max(1, bytes.length - cut));
    });
    fc.assert(
      fc.property(damaged, (bytes) => {
        const expected = byReference(bytes);
        const read = readOrRefuse(bytes);
        // The library drops a byte order mark from text, and ours keeps what was signed.
        if (Buffer.from(bytes).includes('\ufeff')) return;
        assert.deepEqual(read, expected);
      }),
      { numRuns: 5_000 },
    );
  });

  it('keeps a byte order mark at the beginning of a text', () => {
    const text = '\ufeffsubmission';
    assert.equal(decodeCanonical(encodeCanonical(text)), text);
  });
});

/** Undefined stands for a refusal. */
function byReference(bytes: Uint8Array): unknown {
  try {
    const value: unknown = decode(bytes, STRICT);
    return isPlain(value) && Buffer.compare(encode(value), bytes) === 0 ? value : undefined;
  } catch {
    return undefined;
  }
}

function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isPlain);
  if (typeof value === 'number') return Number.isSafeInteger(value);
  return value === null || value instanceof Uint8Array || ['boolean', 'string'].includes(typeof value);
}

function readOrRefuse(bytes: Uint8Array): CborValue | undefined {
  try {
    return decodeCanonical(bytes);
  } catch (error) {
    assert.ok(error instanceof ProtocolError, `${error}`);
    return undefined;
  }
}
