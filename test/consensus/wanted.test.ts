import assert from 'node:assert/strict';
import { wanted } from '../../src/consensus/wanted.ts';
import { Validator } from './fixture.ts';
import { committee, leaves, order, others, ready, self, speaker, v } from './round.ts';

const [a, b, c] = others;

describe('what an instance lacks', () => {
  it('is nothing at first, and nothing while all is here', () => {
    assert.deepEqual(wanted(new Validator({ committee, self }).instance), { digests: [], value: false, holders: [] });
    const node = ready();
    node.hear(speaker.proposal(a, 0, v), speaker.prevote(a, 0, v), speaker.prevote(b, 0, v));
    assert.deepEqual(wanted(node.instance), { digests: [], value: false, holders: [] });
    assert.equal(node.count('want'), 0);
  });

  it('are the witnesses of a proposed value, and its proposer has them', () => {
    const node = new Validator({ committee, self: null });
    const missing = leaves.filter(({ leaf, signer }) => leaf.type === 'REVEAL' && signer === 2);
    node.hear(...leaves.filter((leaf) => !missing.includes(leaf)));
    node.hear(speaker.proposal(order[0], 0, v));
    assert.deepEqual(wanted(node.instance), { digests: [missing[0]!.digest], value: false, holders: [order[0]] });
    assert.ok(node.count('want') > 0);
    node.hear(...missing);
    assert.deepEqual(wanted(node.instance).digests, []);
  });

  it('is a value for which more than F voted, and the voters have it', () => {
    const node = ready();
    node.hear(speaker.prevote(b, 0, v));
    assert.equal(wanted(node.instance).value, false, 'one faulty voter may have made it up');
    node.hear(speaker.precommit(b, 0, v), speaker.precommit(c, 0, v));
    assert.deepEqual(wanted(node.instance), { digests: [], value: true, holders: [b, c] });
  });

  it('is never asked of oneself', () => {
    const mine = speaker.prevote(self, 0, v);
    const node = new Validator({ committee, self, records: [{ kind: 'prevoted', leaf: mine.leaf }] });
    node.hear(mine, speaker.prevote(b, 0, v));
    assert.deepEqual(wanted(node.instance), { digests: [], value: true, holders: [b] });
  });
});
