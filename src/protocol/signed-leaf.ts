import type { LeafProof } from './batch.ts';
import type { CborValue } from './cbor.ts';
import { ProtocolError } from './errors.ts';
import { bytesOf } from './fields.ts';
import type { Digest } from './hash.ts';
import type { Leaf, LeafType } from './leaf.ts';
import { GOSSIP_BYTES_MAX } from './limits.ts';
import {
  type Commitment,
  commitmentSetDigest,
  commitmentSetFromCbor,
  commitmentSetToCbor,
  decodeValue,
  encodeCore,
  encodeValue,
  type Value,
  valueIdOf,
} from './value.ts';

declare const authentic: unique symbol;
/** Something whose signatures were checked. Minted only by the authenticator and by the engine for its own leaves. */
export type Authentic<T> = T & { readonly [authentic]: true };

/** Marks a value as checked; the one cast of the brand. */
export function asAuthentic<T>(checked: T): Authentic<T> {
  return checked as Authentic<T>;
}

/** What a leaf binds by digest and cannot be understood without; it travels beside the leaf. */
export type Attachment = readonly Commitment[] | Value | null;

/** A leaf with its attachment, as its author makes it. */
export interface Statement<L extends Leaf = Leaf> {
  readonly leaf: L;
  /** The commitments of a CLOSE, the value of a PROPOSAL, null for the rest. */
  readonly attachment: AttachmentOf<L['type']>;
}
export type AttachmentOf<Type extends LeafType> = Type extends 'CLOSE'
  ? readonly Commitment[]
  : Type extends 'PROPOSAL'
    ? Value
    : null;

/** A leaf, who signed it, and the proof that can be cut for others. */
export interface SignedLeaf<L extends Leaf = Leaf> extends Statement<L> {
  readonly signer: number;
  readonly bytes: Uint8Array;
  /** RFC 6962 leaf hash, hex. */
  readonly digest: Digest;
  proof(): LeafProof;
}

/** The type guard that keeps the leaf's type and its attachment together. */
export function isLeaf<Type extends LeafType>(
  signed: Authentic<SignedLeaf>,
  type: Type,
): signed is Authentic<SignedLeaf<Extract<Leaf, { type: Type }>>> {
  return signed.leaf.type === type;
}

export function attachmentToCbor({ leaf, attachment }: Statement): CborValue {
  if (attachment === null) return null;
  if (leaf.type === 'CLOSE') return commitmentSetToCbor(attachment as readonly Commitment[]);
  return encodeValue(attachment as Value);
}

/**
 * Reads the attachment of a leaf and checks that the leaf binds it.
 * @throws ProtocolError
 */
export function attachmentFromCbor(leaf: Leaf, value: CborValue | undefined): Attachment {
  if (leaf.type === 'CLOSE') {
    const set = commitmentSetFromCbor(value);
    if (commitmentSetDigest(set) !== leaf.set) throw new ProtocolError('a CLOSE came with another list');
    return set;
  }
  if (leaf.type === 'PROPOSAL') {
    const proposed = decodeValue(bytesOf(value, 'value', GOSSIP_BYTES_MAX));
    if (valueIdOf(encodeCore(proposed.core)) !== leaf.valueId)
      throw new ProtocolError('a PROPOSAL came with another value');
    return proposed;
  }
  if (value !== null) throw new ProtocolError(`a ${leaf.type} has no attachment`);
  return null;
}
