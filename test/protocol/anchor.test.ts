import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { ANCHOR_LEAVES_MAX, anchorRootOf, anchorTree, parseAnchorProof } from '../../src/protocol/anchor.ts';
import { toHex } from '../../src/protocol/bytes.ts';

const digest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);
const results = fc.array(fc.record({ taskId: digest, valueId: digest }), { minLength: 1, maxLength: 70 });

describe('protocol/anchor', () => {
  it('hashes a leaf as the contract documents it', () => {
    const [taskId, valueId] = ['11'.repeat(32), '22'.repeat(32)];
    const data = Buffer.concat([Buffer.from([0]), Buffer.from('pheme/anchor/1'), Buffer.from(taskId + valueId, 'hex')]);
    assert.equal(toHex(anchorTree([{ taskId, valueId }]).root), createHash('sha256').update(data).digest('hex'));
  });

  it('leads from every result of a batch to its root, and from no other', () => {
    fc.assert(
      fc.property(results, fc.nat(), (batch, number) => {
        const leafIndex = number % batch.length;
        const tree = anchorTree(batch);
        const place = { leafIndex, leafCount: batch.length, path: tree.path(leafIndex).map(toHex) };
        assert.equal(anchorRootOf(batch[leafIndex]!, place), toHex(tree.root));
        const altered = { ...batch[leafIndex]!, valueId: 'ff'.repeat(32) };
        assert.notEqual(anchorRootOf(altered, place), toHex(tree.root));
        assert.equal(anchorRootOf(batch[leafIndex]!, { ...place, path: [...place.path, 'ff'.repeat(32)] }), undefined);
      }),
    );
  });

  it('refuses what is no proof', () => {
    const proof = {
      version: 1,
      taskId: '11'.repeat(32),
      chainId: 1,
      contract: `0x${'22'.repeat(20)}`,
      configDigest: '33'.repeat(32),
      root: '44'.repeat(32),
      leafCount: ANCHOR_LEAVES_MAX,
      leafIndex: 0,
      path: [],
      tx: null,
    };
    assert.deepEqual(parseAnchorProof(proof), proof);
    for (const wrong of [{ leafCount: ANCHOR_LEAVES_MAX + 1 }, { more: 1 }, { version: 2 }, { path: ['x'] }])
      assert.throws(() => parseAnchorProof({ ...proof, ...wrong }), { code: 'MALFORMED' });
  });
});
