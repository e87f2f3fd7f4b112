import { toHex } from './bytes.ts';
import type { CborValue } from './cbor.ts';
import { encodeCanonical } from './cbor.ts';
import type { Signer, Verifier } from './ed25519.ts';
import { arrayOf, fixedBytesOf, integerOf, listOf } from './fields.ts';
import { type Digest, digestBytes } from './hash.ts';
import { BATCH_LEAVES_MAX, VALIDATORS_MAX } from './limits.ts';
import { leafDigest, type MerkleTree, merkleTree, rootOfPath } from './merkle.ts';

/** Steps of a path in a tree of BATCH_LEAVES_MAX leaves. */
const PATH_STEPS_MAX = Math.ceil(Math.log2(BATCH_LEAVES_MAX));

/** Proof that a validator signed a leaf: the path to the root of the batch header that it signed. */
export interface LeafProof {
  readonly validatorIndex: number;
  readonly leafCount: number;
  readonly leafIndex: number;
  /** Sibling hashes from the leaf up, 32 bytes each. */
  readonly path: readonly Uint8Array[];
  readonly signature: Uint8Array;
}

/** What a batch signature is over. */
interface BatchHeader {
  configDigest: Digest;
  validatorIndex: number;
  leafCount: number;
  root: Uint8Array;
}

/** R32: the bytes under a batch signature; bound to the network, its rules and the signer. */
function headerBytes(configDigest: Digest, validatorIndex: number, leafCount: number, root: Uint8Array): Uint8Array {
  return encodeCanonical(['pheme/batch/1', digestBytes(configDigest), validatorIndex, leafCount, root]);
}

/** A batch of leaves under one signature; cuts the proof of any leaf on demand. */
export interface SignedBatch {
  readonly signature: Uint8Array;
  /** RFC 6962 leaf hashes, hex, in the order of the leaves. */
  readonly leafDigests: readonly Digest[];
  proof(leafIndex: number): LeafProof;
}

function createBatch(
  validatorIndex: number,
  leafDigests: readonly Digest[],
  tree: MerkleTree,
  signature: Uint8Array,
): SignedBatch {
  const proof = (leafIndex: number) => {
    return { validatorIndex, leafCount: leafDigests.length, leafIndex, path: tree.path(leafIndex), signature };
  };
  return { signature, leafDigests, proof };
}

/** Headers whose signatures were found good: the proofs of one batch need one verification. Bounded, oldest out first. */
export class VerifiedHeaders {
  readonly #keys = new Set<string>();

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  add(key: string): void {
    this.#keys.add(key);
    if (this.#keys.size > VERIFIED_HEADERS_MAX) this.#keys.delete(this.#keys.values().next().value as string);
  }
}

/** About 1.5 MB; a busy network's last ten seconds and more, within which what is proven again comes. */
const VERIFIED_HEADERS_MAX = 4_000;

/** Signs 1 to BATCH_LEAVES_MAX leaves at once. */
export function signBatch(
  configDigest: Digest,
  validatorIndex: number,
  leaves: readonly Uint8Array[],
  signer: Signer,
): SignedBatch {
  const digests = leaves.map(leafDigest);
  const tree = merkleTree(digests.map(digestBytes));
  const signature = signer.sign(headerBytes(configDigest, validatorIndex, leaves.length, tree.root));
  return createBatch(validatorIndex, digests, tree, signature);
}

/** Rebuilds the root from the leaves and checks the one signature; undefined if it does not hold. */
export function openBatch(
  configDigest: Digest,
  validatorIndex: number,
  leaves: readonly Uint8Array[],
  signature: Uint8Array,
  verifier: Verifier,
  verified: VerifiedHeaders = new VerifiedHeaders(),
): SignedBatch | undefined {
  if (leaves.length === 0 || leaves.length > BATCH_LEAVES_MAX) return undefined;
  const digests = leaves.map(leafDigest);
  const tree = merkleTree(digests.map(digestBytes));
  const header = { configDigest, validatorIndex, leafCount: leaves.length, root: tree.root };
  if (!verifyHeader(header, signature, verifier, verified)) return undefined;
  return createBatch(validatorIndex, digests, tree, signature);
}

/** Checks one leaf that left its batch. */
export function verifyLeafProof(
  configDigest: Digest,
  leafBytes: Uint8Array,
  proof: LeafProof,
  verifier: Verifier,
  verified: VerifiedHeaders = new VerifiedHeaders(),
): boolean {
  return verifyDigestProof(configDigest, leafDigest(leafBytes), proof, verifier, verified);
}

/** The same for whoever has hashed the leaf already. */
export function verifyDigestProof(
  configDigest: Digest,
  digest: Digest,
  proof: LeafProof,
  verifier: Verifier,
  verified: VerifiedHeaders,
): boolean {
  const root = rootOfPath(digestBytes(digest), proof.leafIndex, proof.leafCount, proof.path);
  if (root === undefined) return false;
  const { validatorIndex, leafCount, signature } = proof;
  return verifyHeader({ configDigest, validatorIndex, leafCount, root }, signature, verifier, verified);
}

function verifyHeader(
  { configDigest, validatorIndex, leafCount, root }: BatchHeader,
  signature: Uint8Array,
  verifier: Verifier,
  verified: VerifiedHeaders,
): boolean {
  // Every part of the header stands in its key: to encode it only to look it up would cost more.
  const key = `${configDigest}/${validatorIndex}/${leafCount}/${toHex(root)}/${toHex(signature)}`;
  if (verified.has(key)) return true;
  if (!verifier.verify(headerBytes(configDigest, validatorIndex, leafCount, root), signature)) return false;
  verified.add(key);
  return true;
}

export function leafProofToCbor(proof: LeafProof): CborValue {
  return [proof.validatorIndex, proof.leafCount, proof.leafIndex, proof.path, proof.signature];
}

/** @throws ProtocolError */
export function leafProofFromCbor(value: CborValue | undefined): LeafProof {
  const [validatorIndex, leafCount, leafIndex, path, signature] = arrayOf(value, 'proof', 5);
  const count = integerOf(leafCount, 'leafCount', 1, BATCH_LEAVES_MAX);
  return {
    validatorIndex: integerOf(validatorIndex, 'validatorIndex', 0, VALIDATORS_MAX - 1),
    leafCount: count,
    leafIndex: integerOf(leafIndex, 'leafIndex', 0, count - 1),
    path: listOf(path, 'path', PATH_STEPS_MAX, (step, what) => fixedBytesOf(step, what, 32)),
    signature: fixedBytesOf(signature, 'signature', 64),
  };
}
