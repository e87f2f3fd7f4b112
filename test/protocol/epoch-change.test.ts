import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createCommittee, indexOfKey } from '../../src/protocol/committee.ts';
import {
  applyChange,
  committeesOf,
  type EpochChange,
  epochChangeToJson,
  parseEpochChange,
  proposeChange,
  signChange,
} from '../../src/protocol/epoch-change.ts';
import { genesisOf, signersOf } from './samples.ts';

const SIGNERS = signersOf(6);
const FOUR = genesisOf();
const FIVE = genesisOf({ weights: [1, 1, 1, 1, 1] });
const OLD = createCommittee(FOUR);

function signedBy(indexes: readonly number[], change = proposeChange(OLD, FIVE), committee = OLD): EpochChange {
  return indexes.reduce((signed, index) => signChange(committee, signed, SIGNERS[index]!), change);
}

const refused = (change: EpochChange, pattern: RegExp, code = 'INVALID_EPOCH') =>
  assert.throws(() => applyChange(OLD, change), { code, message: pattern });

describe('protocol/epoch-change', () => {
  it('makes five validators of four: same network, epoch 1, another config digest', () => {
    const next = applyChange(OLD, signedBy([0, 2, 3]));
    assert.deepEqual([next.epoch, next.networkId, next.totalWeight, next.quorum], [1, OLD.networkId, 5, 4]);
    assert.notEqual(next.configDigest, OLD.configDigest);
  });

  it('comes back from its file', () => {
    const change = signedBy([0, 1, 2]);
    assert.deepEqual(parseEpochChange(JSON.parse(JSON.stringify(epochChangeToJson(change)))), change);
  });

  it('is refused below a quorum, with the weight that is missing', () => {
    refused(signedBy([0, 1]), /signed by weight 2, but needs 3/, 'EPOCH_UNSIGNED');
  });

  it('counts a validator once', () => {
    assert.equal(signedBy([0, 0, 0]).signatures.length, 1);
    const { signatures, ...change } = signedBy([0, 1]);
    refused({ ...change, signatures: [...signatures, signatures[0]!] }, /name a validator twice/);
  });

  it('is not signed by those whom it adds', () => {
    assert.throws(() => signedBy([4]), { code: 'NOT_A_VALIDATOR' });
  });

  it('is refused with a forged signature, or one for another change', () => {
    const change = signedBy([0, 1, 2]);
    const other = signedBy([0, 1, 2], proposeChange(OLD, genesisOf({ weights: [1, 1, 1] })));
    refused({ ...change, signatures: other.signatures }, /signatures.0: is not by/);
    refused({ ...change, genesis: genesisOf({ weights: [1, 1, 1, 1, 9] }) }, /signatures.0: is not by/);
  });

  it('is refused for another network, another number, another predecessor, another kind', () => {
    const change = signedBy([0, 1, 2]);
    const elsewhere = createCommittee(genesisOf({ name: 'elsewhere' }));
    assert.throws(() => applyChange(elsewhere, change), { message: /networkId: is/ });
    refused({ ...change, epoch: 2 }, /epoch: is 2, but the one after epoch 0 is 1/);
    refused({ ...change, previous: OLD.networkId }, /previous: is/);
    refused({ ...change, genesis: genesisOf({ rules: { kind: 'mainnet' } }) }, /kind: must stay devnet/);
  });

  it('makes a chain from the first genesis; a replayed, skipped or reordered change breaks it', () => {
    const first = signedBy([0, 1, 2]);
    const second = signedBy([1, 2, 3, 4], proposeChange(applyChange(OLD, first), FOUR), applyChange(OLD, first));
    const committees = committeesOf(FOUR, [first, second]);
    assert.deepEqual(
      committees.map(({ epoch, totalWeight }) => [epoch, totalWeight]),
      [
        [0, 4],
        [1, 5],
        [2, 4],
      ],
    );
    assert.equal(indexOfKey(committees[2]!, FIVE.validators[4]!.publicKey), undefined);
    for (const broken of [[first, first], [second], [second, first]]) {
      assert.throws(() => committeesOf(FOUR, broken), { code: 'INVALID_EPOCH', message: /epoch: is/ });
    }
    const renamed = { ...first, genesis: { ...first.genesis, name: 'other' } };
    assert.throws(() => committeesOf(FOUR, [renamed]), { message: /must keep the name/ });
  });

  it('is applied exactly when signers of the old set weigh a quorum of it', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(weights, fc.nat({ max: 63 }), (old, mask) => {
        const committee = createCommittee(genesisOf({ weights: old }));
        const indexes = old.map((_, index) => index).filter((index) => (mask >> index) & 1);
        const change = signedBy(indexes, proposeChange(committee, genesisOf({ weights: [1] })), committee);
        const weight = indexes.reduce((sum, index) => sum + old[index]!, 0);
        if (3 * weight > 2 * committee.totalWeight) assert.equal(applyChange(committee, change).epoch, 1);
        else assert.throws(() => applyChange(committee, change), { code: 'EPOCH_UNSIGNED' });
      }),
      { numRuns: 60 },
    );
  });
});
