import assert from 'node:assert/strict';
import { evidenceFault } from '../../src/node/verify-evidence.ts';
import { signBatch } from '../../src/protocol/batch.ts';
import { toHex } from '../../src/protocol/bytes.ts';
import { encodeCanonical } from '../../src/protocol/cbor.ts';
import { createCommittee } from '../../src/protocol/committee.ts';
import { createSigner } from '../../src/protocol/ed25519.ts';
import { provenLeafToCbor } from '../../src/protocol/frame.ts';
import { DEVNET_TIMERS, type Genesis } from '../../src/protocol/genesis.ts';
import { hash } from '../../src/protocol/hash.ts';
import { encodeLeaf, type Leaf } from '../../src/protocol/leaf.ts';
import { leafDigest } from '../../src/protocol/merkle.ts';
import type { SignedLeaf } from '../../src/protocol/signed-leaf.ts';

const signers = [1, 2, 3, 4]
  .map((seed) => createSigner(new Uint8Array(32).fill(seed)))
  .sort((a, b) => (toHex(a.publicKey) < toHex(b.publicKey) ? -1 : 1));
const genesis: Genesis = {
  name: 'evidence',
  createdAt: 1,
  validators: signers.map(({ publicKey }) => ({ publicKey: toHex(publicKey), weight: 1 })),
  rules: {
    kind: 'devnet',
    minConfidencePpm: 700_000,
    consensusThresholdPpm: 700_000,
    requiredValidators: 1,
    minModelFamilies: 1,
    timers: DEVNET_TIMERS,
  },
};
const committee = createCommittee(genesis);
const taskId = hash('task');
const vote = (round: number, value: string, task = taskId): Leaf => ({
  type: 'PRECOMMIT',
  taskId: task,
  round,
  valueId: hash(value),
});

/** A statement of a validator, really signed, beside another leaf of the same batch. */
function said(validatorIndex: number, leaf: Leaf, signer = signers[validatorIndex]!): SignedLeaf {
  const bytes = encodeLeaf(leaf);
  const batch = signBatch(committee.configDigest, validatorIndex, [encodeLeaf(vote(9, 'other')), bytes], signer);
  const parts = { signer: validatorIndex, leaf, attachment: null, bytes, digest: leafDigest(bytes) };
  return { ...parts, proof: () => batch.proof(1) } as unknown as SignedLeaf;
}

function claim(first: SignedLeaf, second: SignedLeaf, change: object = {}) {
  const evidence = toHex(encodeCanonical([provenLeafToCbor(first), provenLeafToCbor(second)]));
  return { taskId, validatorIndex: 2, slot: 'PRECOMMIT/1', evidence, ...change };
}

describe('evidenceFault', () => {
  const proof = claim(said(2, vote(1, 'a')), said(2, vote(1, 'b')));

  it('finds none in two different signed votes of one round', () => {
    assert.equal(evidenceFault(proof, [committee]), undefined);
  });

  const weak: [string, ReturnType<typeof claim>, RegExp][] = [
    ['one statement twice', claim(said(2, vote(1, 'a')), said(2, vote(1, 'a'))), /the same/],
    ['two validators', claim(said(2, vote(1, 'a')), said(1, vote(1, 'b'))), /two validators/],
    ['two rounds', claim(said(2, vote(1, 'a')), said(2, vote(2, 'b'))), /two slots/],
    ['two tasks', claim(said(2, vote(1, 'a')), said(2, vote(1, 'b', hash('another')))), /two tasks/],
    ['a forged signature', claim(said(2, vote(1, 'a')), said(2, vote(1, 'b'), signers[1])), /did not sign/],
    ['another validator than claimed', { ...proof, validatorIndex: 3 }, /something else/],
    ['another slot than claimed', { ...proof, slot: 'PRECOMMIT/7' }, /something else/],
    ['another task than claimed', { ...proof, taskId: hash('x') }, /something else/],
    ['no statements at all', { ...proof, evidence: '80' }, /evidence/],
  ];
  for (const [what, weakClaim, words] of weak) {
    it(`says why ${what} proves nothing`, () => assert.match(evidenceFault(weakClaim, [committee]) ?? '', words));
  }

  it('accepts no proof with a single bit changed', () => {
    for (let at = 0; at < proof.evidence.length; at += 7) {
      const digit = (Number.parseInt(proof.evidence[at]!, 16) ^ 1).toString(16);
      const evidence = proof.evidence.slice(0, at) + digit + proof.evidence.slice(at + 1);
      assert.notEqual(evidenceFault({ ...proof, evidence }, [committee]), undefined, `digit ${at}`);
    }
  });

  it('accepts no proof under another genesis', () => {
    assert.notEqual(evidenceFault(proof, [createCommittee({ ...genesis, createdAt: 2 })]), undefined);
  });
});
