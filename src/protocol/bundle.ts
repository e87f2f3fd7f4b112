import { type LeafProof, leafProofFromCbor, leafProofToCbor } from './batch.ts';
import type { CborValue } from './cbor.ts';
import { arrayOf, bytesOf, digestOf, listOf, optional, wordOf } from './fields.ts';
import { type Digest, digestBytes } from './hash.ts';
import type { LeafOf, VoteLeaf } from './leaf.ts';
import { GOSSIP_BYTES_MAX, LEAF_BYTES_MAX, VALIDATORS_MAX } from './limits.ts';
import type { SignedLeaf } from './signed-leaf.ts';

const BUNDLE_KINDS = ['POLKA', 'ROUNDCERT', 'CERT'] as const;
export type BundleKind = (typeof BUNDLE_KINDS)[number];

/** Votes that prove something together (R17, R21, R22). Unsigned itself: each vote carries its proof. */
export type Bundle = Polka | RoundCert | Cert;

/** PREVOTEs of weight Q with the same bytes, not nil: the network may lock this value. */
export interface Polka {
  readonly kind: 'POLKA';
  readonly taskId: Digest;
  readonly votes: readonly SignedLeaf<LeafOf<'PREVOTE'>>[];
}

/** Votes of one round, one a voter: PRECOMMITs of weight Q, or any votes of weight F+1. The round was reached. */
export interface RoundCert {
  readonly kind: 'ROUNDCERT';
  readonly taskId: Digest;
  readonly votes: readonly SignedLeaf<VoteLeaf>[];
}

/** PRECOMMITs of weight Q with the same bytes, not nil, and the core they decide. */
export interface Cert {
  readonly kind: 'CERT';
  readonly taskId: Digest;
  readonly votes: readonly SignedLeaf<LeafOf<'PRECOMMIT'>>[];
  readonly coreBytes: Uint8Array;
}

/** A bundle as it arrives: nothing is checked but its form. */
export interface WireBundle {
  kind: BundleKind;
  taskId: Digest;
  /** Votes of equal bytes share them. */
  groups: { leafBytes: Uint8Array; proofs: LeafProof[] }[];
  coreBytes: Uint8Array | null;
}

export function bundleToCbor(bundle: Bundle): CborValue {
  const groups = new Map<Digest, [Uint8Array, CborValue[]]>();
  for (const vote of bundle.votes) {
    const group = groups.get(vote.digest) ?? [vote.bytes, []];
    group[1].push(leafProofToCbor(vote.proof()));
    groups.set(vote.digest, group);
  }
  const core = bundle.kind === 'CERT' ? bundle.coreBytes : null;
  return [BUNDLE_KINDS.indexOf(bundle.kind), digestBytes(bundle.taskId), [...groups.values()], core];
}

/** @throws ProtocolError */
export function bundleFromCbor(value: CborValue): WireBundle {
  const [kind, taskId, groups, core] = arrayOf(value, 'bundle', 4);
  return {
    kind: wordOf(kind, 'bundle kind', BUNDLE_KINDS),
    taskId: digestOf(taskId, 'taskId'),
    groups: listOf(groups, 'bundle votes', 2 * VALIDATORS_MAX, (item) => {
      const [leaf, proofs] = arrayOf(item, 'bundle vote', 2);
      return {
        leafBytes: bytesOf(leaf, 'leaf', LEAF_BYTES_MAX),
        proofs: listOf(proofs, 'proofs', VALIDATORS_MAX, leafProofFromCbor),
      };
    }),
    coreBytes: optional(core, (bytes) => bytesOf(bytes, 'core', GOSSIP_BYTES_MAX)),
  };
}
