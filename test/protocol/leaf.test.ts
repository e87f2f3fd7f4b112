import assert from 'node:assert/strict';
import fc from 'fast-check';
import { toHex } from '../../src/protocol/bytes.ts';
import { encodeCanonical } from '../../src/protocol/cbor.ts';
import { ProtocolError } from '../../src/protocol/errors.ts';
import { decodeLeaf, encodeLeaf, leafSlot } from '../../src/protocol/leaf.ts';
import { LEAF_BYTES_MAX, ROUND_MAX } from '../../src/protocol/limits.ts';
import { anyLeaf, digestOf, mutationsOf, resultOf } from './samples.ts';

const taskId = digestOf(1);
const task = new Uint8Array(32).fill(1);
const value = new Uint8Array(32).fill(2);

describe('a leaf', () => {
  it('reads back as it was written', () => {
    fc.assert(fc.property(anyLeaf, (leaf) => assert.deepEqual(decodeLeaf(encodeLeaf(leaf)), leaf)));
  });

  it('is told from every other by its bytes', () => {
    fc.assert(
      fc.property(anyLeaf, anyLeaf, (a, b) => {
        const sameBytes = toHex(encodeLeaf(a)) === toHex(encodeLeaf(b));
        assert.equal(sameBytes, JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });

  it('is refused or says something else with any byte changed', () => {
    fc.assert(
      fc.property(anyLeaf, (leaf) => {
        for (const mutated of mutationsOf(encodeLeaf(leaf))) {
          const read = orRefusal(() => decodeLeaf(mutated));
          if (read !== undefined) assert.notDeepEqual(read, leaf);
        }
      }),
      { numRuns: 12 },
    );
  });

  it('is refused, never crashed at, as arbitrary bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => void orRefusal(() => decodeLeaf(bytes))));
  });

  it('stays within its bytes at its largest', () => {
    const result = resultOf({ vote: 'abstain', modelId: '\u20ac'.repeat(128), modelFamily: '\u20ac'.repeat(128) });
    const full = { ...result, scorePpm: 1, modelDigest: digestOf(3), promptDigest: digestOf(4) };
    const bytes = encodeLeaf({ type: 'REVEAL', taskId, opening: { result: full, salt: digestOf(5) } });
    assert.ok(bytes.length < LEAF_BYTES_MAX / 2, `${bytes.length} bytes`);
    assert.throws(() => decodeLeaf(new Uint8Array(LEAF_BYTES_MAX + 1)), /over the limit/);
  });

  const refused: [string, Parameters<typeof encodeCanonical>[0]][] = [
    ['of type 0', [0, task, value]],
    ['of an unknown type', [7, task, value]],
    ['with a fourth item', [1, task, value, null]],
    ['with a short task id', [1, task.slice(1), value]],
    ['with a text as commitment', [1, task, 'x']],
    ['PROPOSAL of nil', [4, task, [0, -1, null]]],
    ['PROPOSAL whose valid round is its round', [4, task, [3, 3, value]]],
    ['PROPOSAL whose valid round is -2', [4, task, [3, -2, value]]],
    ['PROPOSAL of round -1', [4, task, [-1, -1, value]]],
    ['PREVOTE past the last round', [5, task, [ROUND_MAX + 1, value, -1]]],
    ['PREVOTE for nil with a valid round', [5, task, [3, null, 1]]],
    ['PREVOTE whose valid round is its round', [5, task, [3, value, 3]]],
    ['PRECOMMIT with a valid round', [6, task, [3, value, -1]]],
    ['PREVOTE without a valid round', [5, task, [3, value]]],
    ['REVEAL without a salt', [3, task, [[]]]],
  ];
  for (const [what, item] of refused) {
    it(`is refused ${what}`, () => assert.throws(() => decodeLeaf(encodeCanonical(item)), ProtocolError));
  }

  it('has one slot for each statement that may be made once', () => {
    assert.equal(leafSlot({ type: 'COMMIT', taskId, commitment: taskId }), 'COMMIT/0');
    assert.equal(leafSlot({ type: 'PREVOTE', taskId, round: 2, valueId: null, validRound: -1 }), 'PREVOTE/2');
    assert.equal(leafSlot({ type: 'PRECOMMIT', taskId, round: 2, valueId: null }), 'PRECOMMIT/2');
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
