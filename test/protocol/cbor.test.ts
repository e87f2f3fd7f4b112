import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fromHex, toHex } from '../../src/protocol/bytes.ts';
import { type CborValue, decodeCanonical, encodeCanonical } from '../../src/protocol/cbor.ts';
import { ProtocolError } from '../../src/protocol/errors.ts';
import { CBOR_DEPTH_MAX } from '../../src/protocol/limits.ts';
import { anyCbor } from './samples.ts';

describe('canonical CBOR', () => {
  // RFC 8949, appendix A, as far as this profile goes.
  const vectors: [string, CborValue][] = [
    ['00', 0],
    ['17', 23],
    ['1818', 24],
    ['1903e8', 1000],
    ['1a000f4240', 1_000_000],
    ['1b000000e8d4a51000', 1_000_000_000_000],
    ['20', -1],
    ['3863', -100],
    ['f4', false],
    ['f5', true],
    ['f6', null],
    ['40', new Uint8Array()],
    ['4401020304', Uint8Array.of(1, 2, 3, 4)],
    ['60', ''],
    ['62c3bc', '\u00fc'],
    ['64f0908591', '\u{10151}'],
    ['80', []],
    ['8301820203820405', [1, [2, 3], [4, 5]]],
  ];
  for (const [hex, value] of vectors) {
    it(`writes and reads ${hex}`, () => {
      assert.equal(toHex(encodeCanonical(value)), hex);
      assert.deepEqual(decodeCanonical(fromHex(hex)), value);
    });
  }

  const refused: [string, string][] = [
    ['no content', ''],
    ['an integer in too many bytes', '1817'],
    ['a length in too many bytes', '580101'],
    ['an integer past 2^53', '1b0020000000000000'],
    ['a negative integer past -2^53', '3b001fffffffffffff'],
    ['a half-precision float', 'f93c00'],
    ['negative zero', 'f98000'],
    ['a double', 'fb3ff199999999999a'],
    ['infinity', 'f97c00'],
    ['not a number', 'f97e00'],
    ['undefined', 'f7'],
    ['an unassigned simple value', 'e0'],
    ['an empty map', 'a0'],
    ['a map', 'a10102'],
    ['a map with the key __proto__', 'a1695f5f70726f746f5f5f01'],
    ['a tag', 'c11a514b67b0'],
    ['a bignum', 'c249010000000000000000'],
    ['an indefinite array', '9f01ff'],
    ['indefinite bytes', '5f4101ff'],
    ['indefinite text', '7f6161ff'],
    ['a stray break', 'ff'],
    ['trailing bytes', 'f6f6'],
    ['a cut-off array', '8201'],
    ['a length far past the end', '9affffffff'],
    ['bytes far past the end', '5bffffffffffffffff'],
    ['text that is no UTF-8', '61ff'],
    ['an encoded surrogate', '63eda080'],
  ];
  for (const [what, hex] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(() => decodeCanonical(fromHex(hex)), ProtocolError);
    });
  }

  it('refuses nesting past its limit, and survives nesting that overflows any stack', () => {
    const nested = (depth: number) => Uint8Array.of(...new Uint8Array(depth).fill(0x81), 0);
    assert.doesNotThrow(() => decodeCanonical(nested(CBOR_DEPTH_MAX)));
    assert.throws(() => decodeCanonical(nested(CBOR_DEPTH_MAX + 1)), /nested too deeply/);
    assert.throws(() => decodeCanonical(new Uint8Array(4 * 1024 * 1024).fill(0x81)), ProtocolError);
  });

  it('gives back what it wrote, in one form only', () => {
    fc.assert(
      fc.property(anyCbor, (value) => {
        const bytes = encodeCanonical(value);
        const read = decodeCanonical(bytes);
        assert.deepEqual(read, value);
        assert.deepEqual(encodeCanonical(read), bytes);
      }),
    );
  });

  it('answers arbitrary bytes with a value of the same bytes or a ProtocolError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const value = orRefusal(() => decodeCanonical(bytes));
        if (value !== undefined) assert.deepEqual(Buffer.from(encodeCanonical(value)), Buffer.from(bytes));
      }),
      { numRuns: 2_000 },
    );
  });

  it('stops this program from signing what is no integer', () => {
    for (const value of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, undefined]) {
      assert.throws(() => encodeCanonical([value as CborValue]), TypeError);
    }
  });

  it('knows one zero', () => {
    assert.equal(toHex(encodeCanonical(-0)), '00');
  });
});

function orRefusal<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof ProtocolError, `${error}`);
    return undefined;
  }
}
