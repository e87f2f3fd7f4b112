import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type LeafProof,
  leafProofFromCbor,
  leafProofToCbor,
  openBatch,
  signBatch,
  VerifiedHeaders,
  verifyLeafProof,
} from '../../src/protocol/batch.ts';
import { decodeCanonical, encodeCanonical } from '../../src/protocol/cbor.ts';
import { createVerifier } from '../../src/protocol/ed25519.ts';
import { ProtocolError } from '../../src/protocol/errors.ts';
import { BATCH_LEAVES_MAX } from '../../src/protocol/limits.ts';
import { leafDigest } from '../../src/protocol/merkle.ts';
import { digestOf } from './samples.ts';
import { SIGNERS } from './signing.ts';

const CONFIG = digestOf(1);
const signer = SIGNERS[2]!;
const verifier = createVerifier(signer.publicKey);
const leaves = Array.from({ length: 11 }, (_, index) => Uint8Array.of(index, 1, 2));
const batch = signBatch(CONFIG, 2, leaves, signer);
const proof = batch.proof(7);

describe('R32: a batch', () => {
  it('opens whole, by one signature, and names its leaves', () => {
    const opened = openBatch(CONFIG, 2, leaves, batch.signature, verifier)!;
    assert.deepEqual(opened.leafDigests, leaves.map(leafDigest));
    assert.deepEqual(opened.proof(3), batch.proof(3));
  });

  const wrong: [string, Parameters<typeof openBatch>][] = [
    ['another configuration', [digestOf(2), 2, leaves, batch.signature, verifier]],
    ['another signer index', [CONFIG, 1, leaves, batch.signature, verifier]],
    ['another key', [CONFIG, 2, leaves, batch.signature, createVerifier(SIGNERS[1]!.publicKey)]],
    ['a leaf less', [CONFIG, 2, leaves.slice(1), batch.signature, verifier]],
    ['a leaf more', [CONFIG, 2, [...leaves, leaves[0]!], batch.signature, verifier]],
    ['leaves in another order', [CONFIG, 2, [...leaves].reverse(), batch.signature, verifier]],
    ['no leaves', [CONFIG, 2, [], batch.signature, verifier]],
  ];
  for (const [what, parameters] of wrong) {
    it(`does not open with ${what}`, () => assert.equal(openBatch(...parameters), undefined));
  }

  it('does not open with more leaves than one signature may cover', () => {
    const many = Array.from({ length: BATCH_LEAVES_MAX + 1 }, (_, index) => Uint8Array.of(index >> 8, index));
    const oversized = signBatch(CONFIG, 2, many, signer);
    assert.equal(openBatch(CONFIG, 2, many, oversized.signature, verifier), undefined);
  });
});

describe('R32: a header that was verified', () => {
  const counting = () => {
    let calls = 0;
    const verify = (message: Uint8Array, signature: Uint8Array) => {
      calls += 1;
      return verifier.verify(message, signature);
    };
    return { verifier: { publicKey: signer.publicKey, verify }, calls: () => calls };
  };

  it('is not verified again, for its batch or for any proof cut from it', () => {
    const { verifier: counted, calls } = counting();
    const verified = new VerifiedHeaders();
    assert.ok(openBatch(CONFIG, 2, leaves, batch.signature, counted, verified));
    leaves.forEach((leaf, index) => {
      assert.ok(verifyLeafProof(CONFIG, leaf, batch.proof(index), counted, verified));
    });
    assert.equal(calls(), 1);
  });

  it('vouches for no other leaf, signature, signer or configuration', () => {
    const { verifier: counted, calls } = counting();
    const verified = new VerifiedHeaders();
    assert.ok(openBatch(CONFIG, 2, leaves, batch.signature, counted, verified));
    const forged = Uint8Array.from(batch.signature);
    forged[0]! ^= 1;
    assert.ok(!openBatch(CONFIG, 2, leaves, forged, counted, verified));
    assert.ok(!openBatch(CONFIG, 1, leaves, batch.signature, counted, verified));
    assert.ok(!openBatch(digestOf(2), 2, leaves, batch.signature, counted, verified));
    assert.ok(!verifyLeafProof(CONFIG, leaves[6]!, proof, counted, verified));
    assert.equal(calls(), 5);
  });

  it('is remembered only if its signature holds, and not for ever', () => {
    const verified = new VerifiedHeaders();
    assert.ok(!openBatch(CONFIG, 1, leaves, batch.signature, verifier, verified));
    assert.ok(!openBatch(CONFIG, 1, leaves, batch.signature, verifier, verified));
    verified.add('first');
    for (let i = 0; i < 20_000; i++) verified.add(`${i}`);
    assert.equal(verified.has('first'), false);
    assert.equal(verified.has('19999'), true);
  });
});

describe('R32: the proof of a leaf', () => {
  it('holds for every leaf of batches of any size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.nat(), (count, at) => {
        const data = Array.from({ length: count }, (_, index) => Uint8Array.of(index));
        const cut = signBatch(CONFIG, 2, data, signer).proof(at % count);
        assert.ok(verifyLeafProof(CONFIG, data[at % count]!, cut, verifier));
      }),
      { numRuns: 40 },
    );
  });

  const swaps: [string, Partial<LeafProof>][] = [
    ['another index of signer', { validatorIndex: 1 }],
    ['another size', { leafCount: 12 }],
    ['another place', { leafIndex: 6 }],
    ['a place outside', { leafIndex: 11 }],
    ['a shorter path', { path: proof.path.slice(1) }],
    ['a longer path', { path: [...proof.path, new Uint8Array(32)] }],
    ['another signature', { signature: SIGNERS[1]!.sign(new Uint8Array(1)) }],
  ];
  for (const [what, change] of swaps) {
    it(`does not hold with ${what}`, () => {
      assert.ok(!verifyLeafProof(CONFIG, leaves[7]!, { ...proof, ...change }, verifier));
    });
  }

  it('does not hold for another leaf or configuration', () => {
    assert.ok(verifyLeafProof(CONFIG, leaves[7]!, proof, verifier));
    assert.ok(!verifyLeafProof(CONFIG, leaves[6]!, proof, verifier));
    assert.ok(!verifyLeafProof(digestOf(2), leaves[7]!, proof, verifier));
  });

  it('reads back as it was written', () => {
    assert.deepEqual(leafProofFromCbor(decodeCanonical(encodeCanonical(leafProofToCbor(proof)))), {
      ...proof,
      path: proof.path.map((step) => Uint8Array.from(step)),
      signature: Uint8Array.from(proof.signature),
    });
  });

  const bad: [string, Partial<LeafProof>][] = [
    ['a validator past the largest committee', { validatorIndex: 256 }],
    ['a size of 0', { leafCount: 0 }],
    ['a size past the largest batch', { leafCount: BATCH_LEAVES_MAX + 1 }],
    ['a place past its size', { leafIndex: 11 }],
    ['a path past 12 steps', { path: Array(13).fill(new Uint8Array(32)) }],
    ['a short step', { path: [new Uint8Array(31)] }],
    ['a short signature', { signature: new Uint8Array(63) }],
  ];
  for (const [what, change] of bad) {
    it(`is refused with ${what}`, () => {
      assert.throws(() => leafProofFromCbor(leafProofToCbor({ ...proof, ...change })), ProtocolError);
    });
  }
});
