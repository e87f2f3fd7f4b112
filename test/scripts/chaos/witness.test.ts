import assert from 'node:assert/strict';
import { Witness } from '../../../scripts/chaos/witness.ts';
import { signBatch } from '../../../src/protocol/batch.ts';
import { approve, fakeCommittee, reject, Speaker, TASK_ID } from '../../consensus/fixture.ts';
import { authenticatorOf, frameOf, leavesFrame, signerOf } from '../../engine/fixture.ts';

const committee = fakeCommittee();
const speaker = new Speaker(committee, TASK_ID);
const value = 'ab'.repeat(32);

describe('the witness of a campaign', () => {
  const said = (signer: number, { leaf }: { leaf: Parameters<typeof leavesFrame>[2][number]['leaf'] }) =>
    leavesFrame(committee, signer, [{ leaf, attachment: null } as never]);

  it('tells two different leaves of one validator for one slot, however far apart', () => {
    const witness = new Witness(committee, authenticatorOf(committee));
    witness.take(said(1, speaker.commit(1, approve(1))));
    witness.take(said(2, speaker.commit(2, reject(2))));
    witness.take(said(1, speaker.prevote(1, 0, null)));
    witness.take(said(1, speaker.prevote(1, 1, value)));
    witness.take(said(1, speaker.commit(1, approve(1))));
    assert.deepEqual(witness.contradictions, [], 'the same again, another slot, another validator');
    witness.take(said(1, speaker.commit(1, reject(1))));
    assert.deepEqual(witness.contradictions, [{ validatorIndex: 1, taskId: TASK_ID, slot: 'COMMIT/0' }]);
    assert.equal(witness.leavesOf(1), 3);
    assert.equal(witness.leaves, 4);
  });

  it('looks into bundles, and knows from them when a task is final', () => {
    const witness = new Witness(committee, authenticatorOf(committee));
    for (const signer of [0, 1]) witness.take(said(signer, speaker.precommit(signer, 0, value)));
    assert.equal(witness.finalMs.has(TASK_ID), false);
    const votes = [1, 2, 3].map((signer) => {
      const vote = speaker.precommit(signer, 0, value);
      const batch = signBatch(committee.configDigest, signer, [vote.bytes], signerOf(committee, signer));
      return { ...vote, proof: () => batch.proof(0) };
    });
    witness.take(frameOf({ bundles: [speaker.roundCert(votes)] } as never));
    assert.equal(witness.finalMs.has(TASK_ID), true);
    witness.take(said(3, speaker.precommit(3, 0, null)));
    assert.equal(witness.contradictions.length, 1);
  });

  it('counts what it cannot read', () => {
    const witness = new Witness(committee, authenticatorOf(committee));
    witness.take(Uint8Array.of(1, 2, 3));
    assert.equal(witness.refused, 1);
  });
});
