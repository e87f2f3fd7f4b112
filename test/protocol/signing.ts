import { type LeafProof, type SignedBatch, signBatch } from '../../src/protocol/batch.ts';
import type { WireBundle } from '../../src/protocol/bundle.ts';
import { decodeCanonical, encodeCanonical } from '../../src/protocol/cbor.ts';
import type { Committee } from '../../src/protocol/committee.ts';
import type { Signer } from '../../src/protocol/ed25519.ts';
import type { WireBatch, WireProvenLeaf } from '../../src/protocol/frame.ts';
import { encodeLeaf, type Leaf } from '../../src/protocol/leaf.ts';
import { type Attachment, attachmentToCbor, type Statement } from '../../src/protocol/signed-leaf.ts';
import {
  type CloseRef,
  type Core,
  closesDigestOf,
  encodeCore,
  type Value,
  valueIdOf,
} from '../../src/protocol/value.ts';
import { digestOf, signersOf } from './samples.ts';

/** Signed things as they arrive, made with real keys. */

export const SIGNERS: readonly Signer[] = signersOf(4);

export function coreOf(committee: Committee, taskId: string, closes: readonly CloseRef[] = []): Core {
  return {
    networkId: committee.networkId,
    configDigest: committee.configDigest,
    taskId,
    outcome: 'EXPIRED',
    reason: null,
    confidencePpm: 0,
    scorePpm: null,
    decidedAtSeconds: 0,
    tallies: { approveWeight: 0, rejectWeight: 0, abstainWeight: 0, results: 0, families: 0 },
    reveals: [],
    unrevealed: [],
    closesDigest: closesDigestOf(closes),
  };
}

export function valueWith(committee: Committee, taskId: string): Value {
  const closes = [{ index: 0, set: digestOf(0x77) }];
  return { core: coreOf(committee, taskId, closes), closes };
}

export function valueIdOfValue({ core }: Value): string {
  return valueIdOf(encodeCore(core));
}

/** One signed batch and what of it travels. */
export function batchOf(
  committee: Committee,
  signer: number,
  leaves: readonly { leaf: Leaf; attachment?: Attachment }[],
): { signed: SignedBatch; wire: WireBatch } {
  const bytes = leaves.map(({ leaf }) => encodeLeaf(leaf));
  const signed = signBatch(committee.configDigest, signer, bytes, SIGNERS[signer]!);
  const wire: WireBatch = {
    validatorIndex: signer,
    signature: signed.signature,
    repeat: false,
    leaves: leaves.map(({ leaf, attachment = null }, position) => {
      const item = encodeCanonical(attachmentToCbor({ leaf, attachment } as Statement));
      return { leafBytes: bytes[position]!, attachment: decodeCanonical(item) };
    }),
  };
  return { signed, wire };
}

/** A leaf alone in its batch, with its proof. */
export function provenLeafOf(
  committee: Committee,
  signer: number,
  leaf: Leaf,
  attachment: Attachment = null,
): WireProvenLeaf {
  const { signed, wire } = batchOf(committee, signer, [{ leaf, attachment }]);
  return { ...wire.leaves[0]!, proof: signed.proof(0) };
}

export interface VoteSample {
  signer: number;
  leaf: Leaf;
}

/** A bundle of votes, grouped by their bytes; each signer has a batch of its own with other leaves around. */
export function bundleOf(
  committee: Committee,
  kind: WireBundle['kind'],
  taskId: string,
  votes: readonly VoteSample[],
  coreBytes: Uint8Array | null = null,
): WireBundle {
  const groups = new Map<string, { leafBytes: Uint8Array; proofs: LeafProof[] }>();
  for (const { signer, leaf } of votes) {
    const padding = { leaf: { type: 'COMMIT', taskId, commitment: digestOf(signer) } } as const;
    const { signed } = batchOf(committee, signer, [padding, { leaf }, padding]);
    const leafBytes = encodeLeaf(leaf);
    const key = Buffer.from(leafBytes).toString('hex');
    const group = groups.get(key) ?? { leafBytes, proofs: [] };
    group.proofs.push(signed.proof(1));
    groups.set(key, group);
  }
  return { kind, taskId, groups: [...groups.values()], coreBytes };
}
