import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type CborValue, decodeCanonical, encodeCanonical } from '../../src/protocol/cbor.ts';
import { ProtocolError } from '../../src/protocol/errors.ts';
import {
  commitmentOf,
  openingFromCbor,
  openingToCbor,
  validationResultFromCbor,
  validationResultToCbor,
} from '../../src/protocol/validation-result.ts';
import { anyOpening, digestOf, resultOf } from './samples.ts';

describe('a validation result', () => {
  it('reads back with its salt as it was written', () => {
    fc.assert(
      fc.property(anyOpening, (opening) => {
        assert.deepEqual(openingFromCbor(decodeCanonical(encodeCanonical(openingToCbor(opening)))), opening);
      }),
    );
  });

  /** The wire items of a sound approval, with one replaced. */
  const withItem = (position: number, item: CborValue) =>
    (validationResultToCbor(resultOf()) as CborValue[]).map((known, at) => (at === position ? item : known));

  const refused: [string, CborValue][] = [
    ['an unknown vote', withItem(0, 3)],
    ['an abstention without a reason', withItem(0, 2)],
    ['an approval with a reason', withItem(1, 0)],
    ['an unknown reason', [2, 99, ...withItem(0, 2).slice(2)]],
    ['a confidence above 1', withItem(2, 1_000_001)],
    ['a negative confidence', withItem(2, -1)],
    ['a score above 1', withItem(3, 1_000_001)],
    ['completeness as a number', withItem(4, 1)],
    ['a short digest', withItem(5, new Uint8Array(31))],
    ['an overlong model id', withItem(7, 'x'.repeat(129))],
    ['a model id of bytes', withItem(7, new Uint8Array(3))],
    ['a time past the year 9999', withItem(11, 253_402_300_800)],
    ['a missing field', withItem(0, 0).slice(0, 11)],
    ['a field too many', [...withItem(0, 0), null]],
    ['no list', null],
  ];
  for (const [what, value] of refused) {
    it(`is refused with ${what}`, () => assert.throws(() => validationResultFromCbor(value), ProtocolError));
  }
});

describe('R3: a commitment', () => {
  const opening = { result: resultOf(), salt: digestOf(7) };
  const base = commitmentOf(digestOf(1), digestOf(2), opening);

  it('is bound to the task, the key and the salt', () => {
    assert.notEqual(commitmentOf(digestOf(3), digestOf(2), opening), base);
    assert.notEqual(commitmentOf(digestOf(1), digestOf(3), opening), base);
    assert.notEqual(commitmentOf(digestOf(1), digestOf(2), { ...opening, salt: digestOf(8) }), base);
  });

  const changes = {
    vote: 'reject',
    confidencePpm: 900_001,
    scorePpm: 5,
    complete: false,
    coverageDigest: digestOf(9),
    reportDigest: digestOf(9),
    modelId: 'x',
    modelFamily: 'x',
    modelDigest: digestOf(9),
    promptDigest: digestOf(9),
    judgedAtSeconds: 1,
  } as const;
  for (const [field, value] of Object.entries(changes)) {
    it(`is bound to ${field}`, () => {
      const changed = { ...opening, result: resultOf({ [field]: value }) };
      assert.notEqual(commitmentOf(digestOf(1), digestOf(2), changed), base);
    });
  }
});
