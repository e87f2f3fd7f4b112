import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { concatBytes, equalBytes, fromHex, toHex } from '../../src/protocol/bytes.ts';
import { BATCH_LEAVES_MAX } from '../../src/protocol/limits.ts';
import { hashLeaf, leafDigest, merkleTree, rootOfPath } from '../../src/protocol/merkle.ts';
import { sha256 } from '../../src/protocol/sha256.ts';

interface Vectors {
  leaves: string[];
  roots: string[];
  paths: { leafIndex: number; leafCount: number; path: string[] }[];
}

const vectors = JSON.parse(readFileSync(new URL('../vectors/rfc6962.json', import.meta.url), 'utf8')) as Vectors;

/** RFC 6962, 2.1, word for word: split at the largest power of two below n. */
function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return sha256(concatBytes([Uint8Array.of(0), leaves[0]!]));
  const k = splitOf(leaves.length);
  return sha256(concatBytes([Uint8Array.of(1), naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k))]));
}

/** RFC 6962, 2.1.1, word for word. */
function naivePath(leafIndex: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return [];
  const k = splitOf(leaves.length);
  if (leafIndex < k) return [...naivePath(leafIndex, leaves.slice(0, k)), naiveRoot(leaves.slice(k))];
  return [...naivePath(leafIndex - k, leaves.slice(k)), naiveRoot(leaves.slice(0, k))];
}

function splitOf(count: number): number {
  let k = 1;
  while (2 * k < count) k *= 2;
  return k;
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => Uint8Array.of(index >> 8, index));
const hex = (hashes: readonly Uint8Array[]) => hashes.map(toHex);

describe('RFC 6962 Merkle trees', () => {
  const leaves = vectors.leaves.map((leaf) => fromHex(leaf));

  it('give the published roots of the 8-leaf test tree', () => {
    vectors.roots.forEach((root, index) => {
      assert.equal(toHex(merkleTree(leaves.slice(0, index + 1).map(hashLeaf)).root), root, `${index + 1} leaves`);
    });
  });

  it('give the published inclusion paths', () => {
    for (const { leafIndex, leafCount, path } of vectors.paths) {
      const tree = merkleTree(leaves.slice(0, leafCount).map(hashLeaf));
      assert.deepEqual(hex(tree.path(leafIndex)), path, `leaf ${leafIndex} of ${leafCount}`);
    }
  });

  it('agree with the recursive definition at every size from 1 to 65, root and all paths', () => {
    for (let count = 1; count <= 65; count++) {
      const data = numbered(count);
      const tree = merkleTree(data.map(hashLeaf));
      assert.ok(equalBytes(tree.root, naiveRoot(data)), `root of ${count}`);
      for (let index = 0; index < count; index++) {
        const path = tree.path(index);
        assert.deepEqual(hex(path), hex(naivePath(index, data)), `path ${index} of ${count}`);
        assert.deepEqual(
          rootOfPath(hashLeaf(data[index]!), index, count, path),
          tree.root,
          `proof ${index} of ${count}`,
        );
      }
    }
  });

  it('prove no leaf by a path of another length, and none outside the tree', () => {
    for (let count = 1; count <= 20; count++) {
      const data = numbered(count);
      const tree = merkleTree(data.map(hashLeaf));
      for (let index = 0; index < count; index++) {
        const path = tree.path(index);
        const leaf = hashLeaf(data[index]!);
        assert.equal(rootOfPath(leaf, index, count, [...path, tree.root]), undefined);
        if (path.length > 0) assert.equal(rootOfPath(leaf, index, count, path.slice(0, -1)), undefined);
        assert.equal(rootOfPath(leaf, index + count, count, path), undefined);
      }
    }
  });

  it('prove a leaf at no other position, in no other size, with no other sibling', () => {
    const size = fc.integer({ min: 2, max: 300 });
    fc.assert(
      fc.property(size, fc.nat(), fc.nat(), fc.nat(), (count, a, b, c) => {
        const data = numbered(count);
        const tree = merkleTree(data.map(hashLeaf));
        const [index, other] = [a % count, b % count];
        const path = tree.path(index);
        const reached = (leafIndex: number, leafCount: number, steps: readonly Uint8Array[]) => {
          const root = rootOfPath(hashLeaf(data[index]!), leafIndex, leafCount, steps);
          return root !== undefined && equalBytes(root, tree.root);
        };
        assert.ok(reached(index, count, path));
        if (other !== index) assert.ok(!reached(other, count, path));
        const broken = path.map((step) => Uint8Array.from(step));
        broken[c % path.length]![c % 32]! ^= 1;
        assert.ok(!reached(index, count, broken));
      }),
    );
  });

  it('tell a leaf from an inner node', () => {
    const [left, right] = numbered(2).map(hashLeaf) as [Uint8Array, Uint8Array];
    const inner = concatBytes([left, right]);
    assert.ok(!equalBytes(hashLeaf(inner), merkleTree([left, right]).root));
  });

  it('carry the last node up instead of doubling it', () => {
    const [a, b, c] = numbered(3).map(hashLeaf) as [Uint8Array, Uint8Array, Uint8Array];
    assert.ok(!equalBytes(merkleTree([a, b, c]).root, merkleTree([a, b, c, c]).root));
  });

  it('have paths of at most 12 steps at the largest batch', () => {
    const tree = merkleTree(numbered(BATCH_LEAVES_MAX).map(hashLeaf));
    assert.equal(tree.path(BATCH_LEAVES_MAX - 1).length, 12);
    assert.equal(leafDigest(Uint8Array.of()).length, 64);
  });
});
