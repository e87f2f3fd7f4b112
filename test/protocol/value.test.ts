import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type CborValue, decodeCanonical, encodeCanonical } from '../../src/protocol/cbor.ts';
import { ProtocolError } from '../../src/protocol/errors.ts';
import {
  type Core,
  closesDigestOf,
  commitmentSetDigest,
  commitmentSetFromCbor,
  commitmentSetToCbor,
  decodeCore,
  decodeValue,
  encodeCore,
  encodeValue,
  valueIdOf,
} from '../../src/protocol/value.ts';
import { anyCloses, anyCore, anyValue, digestOf, mutationsOf, resultOf } from './samples.ts';

const core: Core = {
  networkId: digestOf(1),
  configDigest: digestOf(2),
  taskId: digestOf(3),
  outcome: 'APPROVED',
  reason: null,
  confidencePpm: 900_000,
  scorePpm: null,
  decidedAtSeconds: 1_700_000_000,
  tallies: { approveWeight: 3, rejectWeight: 0, abstainWeight: 0, results: 3, families: 1 },
  reveals: [0, 2].map((index) => ({ index, result: resultOf(), salt: digestOf(index) })),
  unrevealed: [3],
  closesDigest: closesDigestOf([{ index: 0, set: digestOf(9) }]),
};

describe('R10: a core', () => {
  it('reads back as it was written', () => {
    fc.assert(fc.property(anyCore, (any) => assert.deepEqual(decodeCore(encodeCore(any)), any)));
  });

  it('is refused or another core with any byte changed, and never keeps its id', () => {
    const bytes = encodeCore(core);
    for (const mutated of mutationsOf(bytes)) {
      assert.notEqual(valueIdOf(mutated), valueIdOf(bytes));
      const read = orRefusal(() => decodeCore(mutated));
      if (read !== undefined) assert.notDeepEqual(read, core);
    }
  });

  it('is refused, never crashed at, as arbitrary bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => void orRefusal(() => decodeCore(bytes))));
  });

  /** The wire items of the core, with one replaced. */
  const withItem = (position: number, item: CborValue) => {
    const items = decodeCanonical(encodeCore(core)) as CborValue[];
    return encodeCanonical(items.map((known, at) => (at === position ? item : known)));
  };
  const reveals = (decodeCanonical(encodeCore(core)) as CborValue[])[10] as CborValue[];
  const refused: [string, Uint8Array][] = [
    ['another version', withItem(0, 2)],
    ['an unknown outcome', withItem(4, 4)],
    ['an unknown reason', withItem(5, 4)],
    ['a float confidence', Buffer.from('fb3ff199999999999a', 'hex')],
    ['a confidence above 1', withItem(6, 1_000_001)],
    ['four tallies', withItem(9, [1, 2, 3, 4])],
    ['a negative tally', withItem(9, [-1, 0, 0, 0, 0])],
    ['reveals out of order', withItem(10, [...reveals].reverse())],
    ['a validator revealed twice', withItem(10, [reveals[0]!, reveals[0]!])],
    ['unrevealed twice', withItem(11, [3, 3])],
    ['unrevealed out of order', withItem(11, [3, 1])],
    ['a validator past the largest committee', withItem(11, [256])],
    ['one item less', encodeCanonical((decodeCanonical(encodeCore(core)) as CborValue[]).slice(0, 12))],
  ];
  for (const [what, bytes] of refused) {
    it(`is refused with ${what}`, () => assert.throws(() => decodeCore(bytes), ProtocolError));
  }
});

describe('R10: a value', () => {
  it('reads back as it was written', () => {
    fc.assert(fc.property(anyValue, (value) => assert.deepEqual(decodeValue(encodeValue(value)), value)));
  });

  it('is refused with closes that its core does not bind: junk never hides under an honest id', () => {
    fc.assert(
      fc.property(anyValue, anyCloses, (value, junk) => {
        fc.pre(closesDigestOf(junk) !== value.core.closesDigest);
        assert.throws(() => decodeValue(encodeValue({ ...value, closes: junk })), /closes are of another value/);
      }),
    );
  });

  it('is refused with closers twice or out of order', () => {
    for (const order of [
      [1, 1],
      [2, 1],
    ]) {
      const closes = order.map((index) => ({ index, set: digestOf(index) }));
      const value = { core: { ...core, closesDigest: closesDigestOf(closes) }, closes };
      assert.throws(() => decodeValue(encodeValue(value)), /strictly ascending/);
    }
  });
});

describe('R4: the list of a CLOSE', () => {
  const set = [
    { index: 0, commitment: digestOf(1) },
    { index: 3, commitment: digestOf(2) },
  ];

  it('reads back, and has a digest that every entry changes', () => {
    assert.deepEqual(commitmentSetFromCbor(commitmentSetToCbor(set)), set);
    const digests = [
      set,
      [],
      set.slice(1),
      [set[0]!, { index: 2, commitment: digestOf(2) }],
      [set[0]!, { index: 3, commitment: digestOf(9) }],
    ];
    assert.equal(new Set(digests.map(commitmentSetDigest)).size, digests.length);
  });

  it('names nobody twice and keeps its order', () => {
    assert.throws(() => commitmentSetFromCbor(commitmentSetToCbor([...set].reverse())), /strictly ascending/);
    assert.throws(() => commitmentSetFromCbor(commitmentSetToCbor([set[0]!, set[0]!])), /strictly ascending/);
    assert.throws(() => commitmentSetFromCbor([[1]]), ProtocolError);
    assert.throws(() => commitmentSetFromCbor(null), ProtocolError);
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
