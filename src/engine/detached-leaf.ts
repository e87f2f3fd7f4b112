import { encodeCanonical } from '../protocol/cbor.ts';
import { type Authentic, asAuthentic, attachmentToCbor, type SignedLeaf } from '../protocol/signed-leaf.ts';
import { DECODED_BYTES_PER_BYTE, LEAF_OVERHEAD_BYTES } from './limits.ts';

/** The same leaf without its batch: its proof is cut now, so that a held leaf does not keep thousands of others alive. */
export function detached(leaf: Authentic<SignedLeaf>): Authentic<SignedLeaf> {
  const proof = leaf.proof();
  return asAuthentic({ ...leaf, proof: () => proof });
}

/** About what a held leaf weighs in memory, in bytes. */
export function heldBytesOf(leaf: SignedLeaf): number {
  const attached = leaf.attachment === null ? 0 : encodeCanonical(attachmentToCbor(leaf)).length;
  return LEAF_OVERHEAD_BYTES + leaf.bytes.length + DECODED_BYTES_PER_BYTE * attached;
}
