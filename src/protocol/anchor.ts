import { z } from 'zod';
import { concatBytes, fromHex, toHex } from './bytes.ts';
import { invalidInput } from './errors.ts';
import { type Digest, digestBytes } from './hash.ts';
import { hashLeaf, type MerkleTree, merkleTree, rootOfPath } from './merkle.ts';

/** The version of a proof's JSON form. */
export const ANCHOR_VERSION = 1;
/** Results of one batch at most: a path is then as short as twelve digests, and a batch is read within a second. */
export const ANCHOR_LEAVES_MAX = 4096;
const PATH_MAX = 12; // levels of a tree of that many leaves

const LEAF_TAG = new TextEncoder().encode('pheme/anchor/1');

/** A result as a batch holds it. */
export interface AnchoredResult {
  taskId: Digest;
  /** Digest of the agreed bytes, and so of the outcome and all that led to it. */
  valueId: Digest;
}

const hex = (bytes: number) =>
  z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`), `must be ${2 * bytes} lower-case hex digits`);

/** The form of an {@link AnchorProof}. */
export const anchorProofSchema = z.strictObject({
  version: z.literal(ANCHOR_VERSION, `must be ${ANCHOR_VERSION}`),
  taskId: hex(32),
  chainId: z.int().min(1),
  contract: z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'must be an address: 0x and 40 hex digits'),
  configDigest: hex(32),
  root: hex(32),
  leafCount: z.int().min(1).max(ANCHOR_LEAVES_MAX),
  /** From 0. */
  leafIndex: z.int().min(0),
  /** Siblings from the leaf up (RFC 6962, 2.1.1). */
  path: z.array(hex(32)).max(PATH_MAX),
  /** The transaction that anchored the root; null if another one than this node's did. Nothing depends on it. */
  tx: z
    .string()
    .regex(/^0x[0-9a-f]{64}$/, 'must be a transaction: 0x and 64 lower-case hex digits')
    .nullable(),
});

/** That a result is one of a batch whose root stands in a contract. */
export type AnchorProof = z.infer<typeof anchorProofSchema>;

/** @throws ValidationError MALFORMED: unknown fields are refused too */
export function parseAnchorProof(input: unknown): AnchorProof {
  const parsed = anchorProofSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.slice(0, 10).map(({ path, message }) => ({ path: path.join('.'), message }));
  throw invalidInput('not an anchor proof', faults, 'MALFORMED');
}

function leafHash({ taskId, valueId }: AnchoredResult): Uint8Array {
  return hashLeaf(concatBytes([LEAF_TAG, digestBytes(taskId), digestBytes(valueId)]));
}

/** The tree of a batch, in its order; at least one result. */
export function anchorTree(results: readonly AnchoredResult[]): MerkleTree {
  return merkleTree(results.map(leafHash));
}

/** The root that a proof leads to from a result; undefined if its path does not fit its position. */
export function anchorRootOf(
  result: AnchoredResult,
  { leafIndex, leafCount, path }: Pick<AnchorProof, 'leafIndex' | 'leafCount' | 'path'>,
): Digest | undefined {
  const siblings = path.map((digest) => fromHex(digest, 32));
  const root = rootOfPath(leafHash(result), leafIndex, leafCount, siblings);
  return root === undefined ? undefined : toHex(root);
}
