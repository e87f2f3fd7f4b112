import type { CborValue } from './cbor.ts';
import { decodeCanonical, encodeLasting } from './cbor.ts';
import { ProtocolError } from './errors.ts';
import { arrayOf, digestOf, integerOf, optional } from './fields.ts';
import { type Digest, digestBytes } from './hash.ts';
import { LEAF_BYTES_MAX, ROUND_MAX } from './limits.ts';
import { type Opening, openingFromCbor, openingToCbor } from './validation-result.ts';

/** Leaf types; the position is the wire code. 0 stays unused, so that a missing code is never a type. */
const LEAF_TYPES = ['', 'COMMIT', 'CLOSE', 'REVEAL', 'PROPOSAL', 'PREVOTE', 'PRECOMMIT'] as const;
export type LeafType = Exclude<(typeof LEAF_TYPES)[number], ''>;

/** What validators sign, one statement each. `null` as a value id is nil; `validRound` -1 is none. */
export type Leaf = { readonly taskId: Digest } & LeafBody;
export type LeafBody =
  | { readonly type: 'COMMIT'; readonly commitment: Digest }
  | { readonly type: 'CLOSE'; readonly set: Digest }
  | { readonly type: 'REVEAL'; readonly opening: Opening }
  | { readonly type: 'PROPOSAL'; readonly round: number; readonly validRound: number; readonly valueId: Digest }
  | { readonly type: 'PREVOTE'; readonly round: number; readonly valueId: Digest | null; readonly validRound: number }
  | { readonly type: 'PRECOMMIT'; readonly round: number; readonly valueId: Digest | null };

export type LeafOf<Type extends LeafType> = Extract<Leaf, { type: Type }>;
export type VoteLeaf = LeafOf<'PREVOTE' | 'PRECOMMIT'>;

/** R2: one statement that a validator may make once in a task, e.g. `PREVOTE/2`: two different leaves for one slot are evidence. */
export function leafSlot(leaf: Leaf): string {
  return `${leaf.type}/${'round' in leaf ? leaf.round : 0}`;
}

export function encodeLeaf(leaf: Leaf): Uint8Array {
  return encodeLasting([LEAF_TYPES.indexOf(leaf.type), digestBytes(leaf.taskId), bodyToCbor(leaf)]);
}

function bodyToCbor(leaf: Leaf): CborValue {
  const nilable = (valueId: Digest | null) => (valueId === null ? null : digestBytes(valueId));
  switch (leaf.type) {
    case 'COMMIT':
      return digestBytes(leaf.commitment);
    case 'CLOSE':
      return digestBytes(leaf.set);
    case 'REVEAL':
      return openingToCbor(leaf.opening);
    case 'PROPOSAL':
      return [leaf.round, leaf.validRound, digestBytes(leaf.valueId)];
    case 'PREVOTE':
      return [leaf.round, nilable(leaf.valueId), leaf.validRound];
    case 'PRECOMMIT':
      return [leaf.round, nilable(leaf.valueId)];
  }
}

/** @throws ProtocolError */
export function decodeLeaf(bytes: Uint8Array): Leaf {
  if (bytes.length > LEAF_BYTES_MAX) throw new ProtocolError(`a leaf of ${bytes.length} bytes is over the limit`);
  const [code, taskId, body] = arrayOf(decodeCanonical(bytes), 'leaf', 3);
  const type = LEAF_TYPES[integerOf(code, 'leaf type', 1, LEAF_TYPES.length - 1)] as LeafType;
  return { taskId: digestOf(taskId, 'taskId'), ...bodyFromCbor(type, body) };
}

function bodyFromCbor(type: LeafType, body: CborValue | undefined): LeafBody {
  switch (type) {
    case 'COMMIT':
      return { type, commitment: digestOf(body, 'commitment') };
    case 'CLOSE':
      return { type, set: digestOf(body, 'close set') };
    case 'REVEAL':
      return { type, opening: openingFromCbor(body) };
    default:
      return roundBodyFromCbor(type, body);
  }
}

function roundBodyFromCbor(type: 'PROPOSAL' | 'PREVOTE' | 'PRECOMMIT', body: CborValue | undefined): LeafBody {
  const [first, second, third] = arrayOf(body, type, type === 'PRECOMMIT' ? 2 : 3);
  const round = integerOf(first, 'round', 0, ROUND_MAX);
  if (type === 'PROPOSAL') {
    const validRound = integerOf(second, 'validRound', -1, round - 1);
    return { type, round, validRound, valueId: digestOf(third, 'valueId') };
  }
  const valueId = optional(second, (value) => digestOf(value, 'valueId'));
  if (type === 'PRECOMMIT') return { type, round, valueId };
  return { type, round, valueId, validRound: prevoteValidRound(third, round, valueId) };
}

function prevoteValidRound(value: CborValue | undefined, round: number, valueId: Digest | null): number {
  // A prevote for nil carries -1, so that nil has one form a round.
  return integerOf(value, 'validRound', -1, valueId === null ? -1 : round - 1);
}
