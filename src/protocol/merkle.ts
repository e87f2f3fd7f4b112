import { concatBytes } from './bytes.ts';
import { type Digest, digestBytes } from './hash.ts';
import { sha256, sha256Hex } from './sha256.ts';

/** RFC 6962, 2.1: Merkle trees over byte strings. The last node of an odd level is carried up, never duplicated. */

const LEAF_PREFIX = 0;
const NODE_PREFIX = 1;

/** Where a prefix and what follows it are put together; most leaves are votes of about a hundred bytes. */
const room = new Uint8Array(1_024);

/** The leaf hash MTH({d}) = SHA-256(0x00 || d) as hex, the name of a leaf in maps and requests. */
export function leafDigest(data: Uint8Array): Digest {
  const length = 1 + data.length;
  if (length > room.length) return sha256Hex(concatBytes([Uint8Array.of(LEAF_PREFIX), data]));
  room[0] = LEAF_PREFIX;
  room.set(data, 1);
  return sha256Hex(room.subarray(0, length));
}

/** The same as bytes: a node of the tree. */
export function hashLeaf(data: Uint8Array): Uint8Array {
  return digestBytes(leafDigest(data));
}

function hashNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  room[0] = NODE_PREFIX;
  room.set(left, 1);
  room.set(right, 1 + left.length);
  return sha256(room.subarray(0, 1 + left.length + right.length));
}

/** All levels of the tree, leaf hashes first, the root alone in the last; an empty input has no tree. */
function levelsOf(leafHashes: readonly Uint8Array[]): Uint8Array[][] {
  const levels = [[...leafHashes]];
  for (let level = levels[0]!; level.length > 1; level = levels.at(-1)!) {
    const above: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const right = level[i + 1];
      above.push(right === undefined ? level[i]! : hashNode(level[i]!, right));
    }
    levels.push(above);
  }
  return levels;
}

export interface MerkleTree {
  readonly root: Uint8Array;
  /** The inclusion path of a leaf, siblings from the leaf up (RFC 6962, 2.1.1). */
  path(leafIndex: number): Uint8Array[];
}

/** Builds the tree over leaf hashes; at least one. */
export function merkleTree(leafHashes: readonly Uint8Array[]): MerkleTree {
  const levels = levelsOf(leafHashes);
  const path = (leafIndex: number) => {
    const siblings: Uint8Array[] = [];
    for (let depth = 0, index = leafIndex; depth < levels.length - 1; depth++, index >>= 1) {
      const sibling = levels[depth]![index ^ 1];
      if (sibling !== undefined) siblings.push(sibling);
    }
    return siblings;
  };
  return { root: levels.at(-1)![0]!, path };
}

/**
 * The root that an inclusion path leads to, as in RFC 9162, 2.1.3.2.
 * Undefined if the path is not exactly as long as the position in a tree of that size demands.
 */
export function rootOfPath(
  leafHash: Uint8Array,
  leafIndex: number,
  leafCount: number,
  path: readonly Uint8Array[],
): Uint8Array | undefined {
  if (leafIndex >= leafCount) return undefined;
  let index = leafIndex;
  let last = leafCount - 1;
  let node = leafHash;
  for (const sibling of path) {
    if (last === 0) return undefined;
    if (index % 2 === 1 || index === last) {
      node = hashNode(sibling, node);
      while (index % 2 === 0 && index !== 0) {
        index >>= 1;
        last >>= 1;
      }
    } else {
      node = hashNode(node, sibling);
    }
    index >>= 1;
    last >>= 1;
  }
  return last === 0 ? node : undefined;
}
