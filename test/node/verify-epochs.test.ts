import assert from 'node:assert/strict';
import { verifyResult } from '../../src/node/verify.ts';
import { createCommittee } from '../../src/protocol/committee.ts';
import type { ConsensusResult } from '../../src/protocol/consensus-result.ts';
import {
  applyChange,
  type EpochChange,
  epochChangeToJson,
  proposeChange,
  signChange,
} from '../../src/protocol/epoch-change.ts';
import { genesisOf, makeResult, signerOf, TASK } from './result-fixture.ts';

describe('node/verify over epochs', () => {
  const genesis = genesisOf(4);
  const epoch0 = createCommittee(genesis);
  const change = [0, 1, 2].reduce(
    (signed, index) => signChange(epoch0, signed, signerOf(index)),
    proposeChange(epoch0, genesisOf(5)),
  );
  const epoch1 = applyChange(epoch0, change);
  const old = makeResult({ genesis }).result;
  const fresh = makeResult({
    genesis,
    committee: epoch1,
    votes: ['approve', 'approve', 'approve', 'approve', 'reject'],
    signers: [0, 1, 2, 4],
  }).result;
  const carrying = (result: ConsensusResult, ...changes: EpochChange[]) => ({
    ...result,
    epochs: changes.map(epochChangeToJson),
  });
  const failed = (result: unknown) =>
    verifyResult(result, genesis, { task: TASK })
      .checks.filter(({ ok }) => !ok)
      .map(({ name }) => name);

  it('checks old and new results each under its own validators, by the first genesis alone', () => {
    assert.deepEqual(failed(old), []);
    assert.deepEqual(failed(carrying(fresh, change)), []);
  });

  it('keeps results authentic after their signers were removed', () => {
    const removal = [0, 1, 2, 3].reduce(
      (signed, index) => signChange(epoch1, signed, signerOf(index)),
      proposeChange(epoch1, { ...genesis, validators: genesis.validators.slice(0, 3) }),
    );
    const epoch2 = applyChange(epoch1, removal);
    const newest = makeResult({
      genesis,
      committee: epoch2,
      votes: ['approve', 'approve', 'approve'],
      signers: [0, 1, 2],
    });
    assert.deepEqual(failed(old), []);
    assert.deepEqual(failed(carrying(newest.result, change, removal)), []);
    assert.deepEqual(failed(carrying(newest.result, removal)), ['epochs']);
  });

  it('tells that the changes are missing, or too many', () => {
    assert.ok(failed(fresh).includes('rules') || failed(fresh).includes('core'));
    assert.ok(failed(carrying(old, change)).includes('rules'));
  });

  it('does not take the quorum of the old set for one of the new', () => {
    const weak = makeResult({ genesis, committee: epoch1, signers: [0, 1, 2] }).result;
    assert.deepEqual(failed(carrying(weak, change)), ['quorum']);
  });

  it('refuses a change that no quorum signed, and one of another network', () => {
    assert.deepEqual(failed(carrying(fresh, { ...change, signatures: change.signatures.slice(1) })), ['epochs']);
    assert.deepEqual(failed(carrying(fresh, { ...change, networkId: epoch0.configDigest })), ['epochs']);
  });
});
