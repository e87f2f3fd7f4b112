import assert from 'node:assert/strict';
import { repeatOf } from '../../src/consensus/repeat.ts';
import { leafSlot } from '../../src/protocol/leaf.ts';
import { lockedOn, moveTo, order, ready, speaker, v } from './round.ts';

const slots = (node: ReturnType<typeof ready>) => repeatOf(node.instance).leaves.map(({ leaf }) => leafSlot(leaf));

describe('R24: a repeat', () => {
  it('is of the stored leaves, in their very bytes', () => {
    const node = lockedOn(v);
    const { leaves, bundles } = repeatOf(node.instance);
    assert.deepEqual(leaves, node.said);
    assert.deepEqual(bundles, [node.instance.valid!.polka]);
  });

  it('is of the votes of the last two rounds only, and of what proves the round', () => {
    const node = lockedOn(v);
    moveTo(node, 1);
    node.fire('propose', 1);
    assert.deepEqual(slots(node), ['COMMIT/0', 'CLOSE/0', 'REVEAL/0', 'PREVOTE/0', 'PRECOMMIT/0', 'PREVOTE/1']);
    moveTo(node, 2);
    assert.deepEqual(slots(node), ['COMMIT/0', 'CLOSE/0', 'REVEAL/0', 'PREVOTE/1']);
    assert.deepEqual(
      repeatOf(node.instance).bundles.map(({ kind }) => kind),
      ['ROUNDCERT', 'POLKA'],
    );
  });

  it('carries an own proposal as long as its round is one of the last two', () => {
    const node = ready(order[0]);
    assert.ok(slots(node).includes('PROPOSAL/0'));
    moveToLater(node);
    assert.ok(!slots(node).includes('PROPOSAL/0'));
  });
});

function moveToLater(node: ReturnType<typeof ready>): void {
  const voters = [order[1], order[2], order[3]];
  for (const round of [0, 1])
    node.take(speaker.roundCert(voters.map((index) => speaker.precommit(index, round, null))));
}
