import assert from 'node:assert/strict';
import fc from 'fast-check';
import { collected } from '../../src/consensus/collection.ts';
import type { Opening } from '../../src/protocol/validation-result.ts';
import { abstain, approve, fakeCommittee, openingOf, reject, Speaker, TIMERS, Validator } from './fixture.ts';

const committee = fakeCommittee();
const speaker = new Speaker(committee);
const validator = (self: number | null = 0) => new Validator({ committee, self });
const commits = (...indexes: number[]) => indexes.map((index) => speaker.commit(index, approve(index)));
const listOf = (...indexes: number[]) => indexes.map((index) => speaker.commitment(index, approve(index)));

describe('R2: a statement', () => {
  it('is made once: the second for a slot is not even a leaf', () => {
    const node = validator();
    node.judge(approve(0));
    node.judge(openingOf(0, {}, 1));
    assert.deepEqual(node.slots(), ['COMMIT/0']);
  });

  it('is recorded before it is stated', () => {
    const node = validator();
    node.start();
    node.judge(approve(0));
    node.hear(...commits(1, 2, 3));
    const kinds = node.effects.map(({ kind }) => kind).filter((kind) => kind === 'record' || kind === 'state');
    assert.deepEqual(kinds, ['record', 'state', 'record', 'state']);
  });

  it('is none of an observer, and none of a muted validator', () => {
    const observer = validator(null);
    const muted = validator();
    muted.instance.muted = true;
    for (const node of [observer, muted]) {
      node.start();
      node.judge(approve(0));
      const openings = [0, 1, 2, 3].map((index) => [index, approve(index)] as const);
      node.hear(...speaker.collection(openings, [0, 1, 2, 3]));
      assert.deepEqual(node.slots(), []);
      assert.equal(node.instance.round, 0, 'it follows');
    }
  });
});

describe('R3: COMMIT', () => {
  it('binds the own answer, and no answer is taken after it', () => {
    const node = validator();
    node.judge(approve(0));
    assert.equal(node.leaf('COMMIT')?.commitment, speaker.commitment(0, approve(0)).commitment);
    assert.deepEqual(node.records, [{ kind: 'judged', opening: approve(0) }]);
    assert.deepEqual(node.instance.opening, approve(0));
  });

  it('is too late after an own CLOSE', () => {
    const node = validator();
    node.hear(...commits(1, 2, 3));
    node.start();
    node.fire('observe');
    assert.deepEqual(node.slots(), ['CLOSE/0']);
    node.judge(approve(0));
    assert.deepEqual(node.slots(), ['CLOSE/0']);
    assert.equal(node.instance.opening, null);
  });

  it('counts once: an equivocator keeps its first commitment', () => {
    const node = validator();
    node.hear(speaker.commit(1, approve(1)), speaker.commit(1, reject(1)));
    assert.equal(node.instance.committedWeight, 1);
    assert.equal(node.instance.commits.get(1)!.leaf.commitment, listOf(1)[0]!.commitment);
  });
});

describe('R4: CLOSE', () => {
  it('is at once, when all have committed', () => {
    const node = validator();
    node.judge(approve(0));
    node.hear(...commits(1, 2));
    assert.deepEqual(node.slots(), ['COMMIT/0']);
    node.hear(...commits(3));
    assert.deepEqual(node.slots(), ['COMMIT/0', 'CLOSE/0']);
    assert.deepEqual(node.records.at(-1), { kind: 'closed', set: listOf(0, 1, 2, 3) });
  });

  it('is after the grace that starts with max(Q, Tw) commitments', () => {
    const node = validator();
    node.judge(approve(0));
    node.hear(...commits(3));
    assert.deepEqual(node.timers(), []);
    node.hear(...commits(2));
    assert.deepEqual(node.timers(), [`grace ${TIMERS.graceMs}`]);
    node.fire('grace');
    assert.deepEqual(node.records.at(-1), { kind: 'closed', set: listOf(0, 2, 3) });
  });

  it('waits for Tw where that is more than Q', () => {
    const strict = fakeCommittee({ rules: { consensusThresholdPpm: 1_000_000 } });
    const node = new Validator({ committee: strict, self: 0 });
    node.judge(approve(0));
    node.hear(...commits(1, 2));
    assert.deepEqual(node.timers(), []);
    node.fire('grace');
    assert.deepEqual(node.slots(), ['COMMIT/0']);
  });

  it('is with a quorum of commitments once the observation time is over, never with fewer', () => {
    const node = validator();
    assert.deepEqual(node.start().length, 1);
    assert.deepEqual(node.timers(), [`observe ${TIMERS.observeMs}`]);
    node.judge(approve(0));
    node.hear(...commits(1));
    node.fire('observe');
    assert.deepEqual(node.slots(), ['COMMIT/0'], 'an outage pauses the task');
    node.hear(...commits(2));
    assert.deepEqual(node.slots(), ['COMMIT/0', 'CLOSE/0']);
  });

  it('is at the deadline, with whatever is there', () => {
    const node = validator();
    node.input({ kind: 'deadline' });
    assert.deepEqual(node.records, [
      { kind: 'grounds', leaves: [] },
      { kind: 'closed', set: [] },
    ]);
  });

  it('follows CLOSEs of a quorum', () => {
    const node = validator();
    node.hear(...commits(1), ...[1, 2].map((index) => speaker.close(index, listOf(1, 2))));
    assert.deepEqual(node.slots(), []);
    node.hear(speaker.close(3, listOf(1, 2)));
    const [grounds, closed] = node.records;
    assert.ok(grounds?.kind === 'grounds', 'who never commits keeps what made it close');
    assert.deepEqual(
      grounds.leaves.map(({ signer, leaf }) => [leaf.type, signer]),
      [1, 2, 3].map((signer) => ['CLOSE', signer]),
    );
    assert.deepEqual(closed, { kind: 'closed', set: listOf(1) });
  });

  it('never changes', () => {
    const node = validator();
    node.input({ kind: 'deadline' });
    node.hear(...commits(1, 2, 3));
    assert.deepEqual(node.slots(), ['CLOSE/0']);
  });
});

describe('R5: REVEAL', () => {
  const openings = [0, 1, 2].map((index) => [index, approve(index)] as const);

  it('is once the own list is closed and CLOSEs of a quorum are held, and not before', () => {
    const node = validator();
    node.judge(approve(0));
    node.hear(...commits(1, 2, 3));
    node.hear(speaker.close(1, listOf(0, 1, 2, 3)));
    assert.deepEqual(node.slots(), ['COMMIT/0', 'CLOSE/0']);
    node.hear(speaker.close(2, listOf(0, 1, 2, 3)));
    assert.deepEqual(node.slots(), ['COMMIT/0', 'CLOSE/0', 'REVEAL/0']);
    assert.deepEqual(node.leaf('REVEAL')?.opening, approve(0));
    assert.ok(node.timers().includes(`final ${TIMERS.finalMs}`));
  });

  it('is not moved by reveals and commitments of others, however many', () => {
    const node = validator();
    node.judge(approve(0));
    node.hear(...commits(1, 2), ...openings.map(([index, opening]) => speaker.reveal(index, opening)));
    node.hear(speaker.close(1, listOf(0, 1, 2)));
    assert.ok(!node.slots().includes('REVEAL/0'));
  });

  it('counts closers by weight and each once', () => {
    const node = validator();
    node.judge(approve(0));
    node.hear(...commits(1, 2, 3));
    const twice = [speaker.close(1, listOf(1)), speaker.close(1, listOf(1, 2)), speaker.close(1, listOf(1))];
    node.hear(...twice);
    assert.equal(node.instance.closedWeight, 2, 'the own and one other');
    assert.ok(!node.slots().includes('REVEAL/0'));
  });

  it('is none without an own answer', () => {
    const node = validator();
    node.hear(
      ...speaker.collection(
        [1, 2, 3].map((index) => [index, approve(index)] as const),
        [1, 2, 3],
      ),
    );
    assert.ok(node.slots().includes('CLOSE/0'));
    assert.ok(!node.slots().includes('REVEAL/0'));
  });
});

/** What an observer has collected after hearing these lists and reveals. */
function collectedOf(lists: readonly (readonly number[] | null)[], revealed: readonly (readonly [number, Opening])[]) {
  const node = validator(null);
  node.hear(...lists.flatMap((list, index) => (list === null ? [] : [speaker.close(index, listOf(...list))])));
  node.hear(...revealed.map(([index, opening]) => speaker.reveal(index, opening)));
  return collected(node.instance);
}

describe('R6: timeliness', () => {
  it('takes a reveal whose commitment is in lists of a quorum', () => {
    const { reveals } = collectedOf([[1], [1], [1], null], [[1, approve(1)]]);
    assert.deepEqual(
      reveals.map(({ index }) => index),
      [1],
    );
  });

  it('takes none in fewer lists, in lists of one closer twice, or of another commitment', () => {
    assert.equal(collectedOf([[1], [1], [], null], [[1, approve(1)]]).reveals.length, 0);
    assert.equal(collectedOf([[1], [1], [1], [1]], [[1, reject(1)]]).reveals.length, 0);
    const node = validator(null);
    node.hear(speaker.close(0, listOf(1)), speaker.close(2, listOf(1)), speaker.close(2, listOf(1, 2)));
    node.hear(speaker.reveal(1, approve(1)));
    assert.equal(collected(node.instance).reveals.length, 0);
  });

  it('takes the timely one of two reveals', () => {
    const { reveals } = collectedOf(
      [[1], [1], [1], null],
      [
        [1, reject(1)],
        [1, approve(1)],
      ],
    );
    assert.equal(reveals[0]!.result.vote, 'approve');
  });

  it('does not depend on the order in which lists and reveals come', () => {
    const leaves = speaker.collection(
      [0, 1, 2, 3].map((index) => [index, index === 1 ? reject(1) : approve(index)] as const),
      [0, 1, 2, 3],
    );
    const inOrder = validator(null);
    inOrder.hear(...leaves);
    fc.assert(
      fc.property(fc.shuffledSubarray(leaves, { minLength: leaves.length }), (shuffled) => {
        const node = validator(null);
        node.hear(...shuffled);
        assert.deepEqual(collected(node.instance), collected(inOrder.instance));
      }),
      { numRuns: 50 },
    );
  });
});

describe('R7, R8: what can still come', () => {
  it('is complete when nobody is awaited: everybody revealed, or out by lists of F+1', () => {
    assert.equal(collectedOf([[0, 1], [0, 1], [0, 1], null], []).complete, false);
    const waiting = collectedOf([[0, 1], [0, 1], [0, 1], null], [[0, approve(0)]]);
    assert.equal(waiting.complete, false, 'validator 1 is awaited');
    const done = collectedOf(
      [[0, 1], [0, 1], [0, 1], null],
      [
        [0, approve(0)],
        [1, approve(1)],
      ],
    );
    assert.equal(done.complete, true, '2 and 3 are out');
  });

  it('is out by more than F, not by F', () => {
    const once = collectedOf(
      [
        [0, 1, 2],
        [0, 1, 2],
        [0, 1, 2, 3],
        [0, 1, 2, 3],
      ],
      [0, 1, 2].map((index) => [index, approve(index)]),
    );
    assert.equal(once.complete, true, 'two of four lists lack 3');
    const byF = collectedOf(
      [[0, 1, 2], [0, 1, 2, 3], [0, 1, 2, 3], null],
      [0, 1, 2].map((index) => [index, approve(index)]),
    );
    assert.equal(byF.complete, false, 'one list lacks 3');
  });

  const all = [0, 1, 2, 3];
  const impossible: [string, Opening[], boolean][] = [
    ['nothing came yet', [], false],
    ['one abstains', [abstain(0)], false],
    ['two abstain', [abstain(0), abstain(1)], true],
    ['one of each', [approve(0), reject(1)], false],
    ['one of each, and one abstains', [approve(0), reject(1), abstain(2)], true],
    ['two reject, one approves', [reject(0), reject(1), approve(2)], false],
  ];
  for (const [what, answers, expected] of impossible) {
    it(`a verdict is ${expected ? 'impossible' : 'possible'} when ${what}`, () => {
      const openings = all.map((index) => [index, answers[index] ?? approve(index)] as const);
      const node = validator(null);
      const heard = speaker.collection(openings, all);
      node.hear(...heard.filter(({ leaf, signer }) => leaf.type !== 'REVEAL' || signer < answers.length));
      assert.equal(collected(node.instance).impossible, expected);
    });
  }

  it('a verdict is impossible when too few results are left', () => {
    const strict = fakeCommittee({ rules: { requiredValidators: 4 } });
    const node = new Validator({ committee: strict, self: null });
    const others = new Speaker(strict);
    const set = all.map((index) => others.commitment(index, approve(index)));
    node.hear(...all.map((index) => others.close(index, set)), others.reveal(0, abstain(0)));
    assert.equal(collected(node.instance).impossible, false, 'that reveal is of another commitment');
    const honest = all.map((index) => others.commitment(index, index === 0 ? abstain(0) : approve(index)));
    const second = new Validator({ committee: strict, self: null });
    second.hear(...all.map((index) => others.close(index, honest)), others.reveal(0, abstain(0)));
    assert.equal(collected(second.instance).impossible, true);
  });

  it('no reveal that may still come turns impossible into a verdict', () => {
    const anyVote = fc.constantFrom(approve, reject, abstain);
    fc.assert(
      fc.property(fc.array(anyVote, { minLength: 4, maxLength: 4 }), fc.nat(4), (votes, shown) => {
        const openings = votes.map((vote, index) => [index, vote(index)] as const);
        const leaves = speaker.collection(openings, all);
        const node = validator(null);
        node.hear(...leaves.filter(({ leaf, signer }) => leaf.type !== 'REVEAL' || signer < shown));
        const before = collected(node.instance);
        node.hear(...leaves);
        const after = collected(node.instance);
        if (before.impossible) assert.ok(!after.conclusive);
        if (before.complete) assert.deepEqual(after.aggregate, before.aggregate);
        assert.ok(after.complete);
      }),
    );
  });
});

describe('R13: the start of round 0', () => {
  const openings = (vote: (index: number) => Opening, ...indexes: number[]) =>
    indexes.map((index) => [index, vote(index)] as const);

  it('is at once when nobody is awaited', () => {
    const node = validator(null);
    node.hear(...speaker.collection(openings(approve, 0, 1, 2, 3), [0, 1, 2]));
    assert.equal(node.instance.round, 0);
  });

  it('is the reveal grace after the first verdict, while others are awaited', () => {
    const node = validator(null);
    const all = openings(approve, 0, 1, 2, 3);
    node.hear(...speaker.collection(all, [0, 1, 2]).filter(({ leaf, signer }) => leaf.type !== 'REVEAL' || signer < 3));
    assert.equal(node.instance.round, -1);
    assert.ok(node.timers().includes(`revealGrace ${TIMERS.revealGraceMs}`));
    node.fire('revealGrace');
    assert.equal(node.instance.round, 0);
  });

  it('is at once when no verdict can come', () => {
    const node = validator(null);
    const split = [...openings(approve, 0, 3), ...openings(reject, 1), ...openings(abstain, 2)];
    node.hear(
      ...speaker.collection(split, [0, 1, 2]).filter(({ leaf, signer }) => leaf.type !== 'REVEAL' || signer < 3),
    );
    assert.equal(node.instance.round, 0);
  });

  it('is at the final timer, and only once a quorum has closed', () => {
    const node = validator(null);
    node.start();
    node.hear(...speaker.collection(openings(approve, 0, 1, 2), [0, 1]));
    assert.equal(node.instance.round, -1);
    assert.ok(!node.timers().some((timer) => timer.startsWith('final')));
    const late = validator(null);
    const leaves = speaker.collection(openings(approve, 0, 1, 2, 3), [0, 1, 2]);
    late.hear(...leaves.filter(({ leaf }) => leaf.type !== 'REVEAL'));
    assert.equal(late.instance.round, -1);
    late.fire('final');
    assert.equal(late.instance.round, 0);
  });

  it('is with a proposal that is acceptable, though nothing of it was revealed here before', () => {
    const node = validator(null);
    const leaves = speaker.collection(openings(approve, 0, 1, 2), [0, 1, 2]);
    const value = speaker.valueWith(leaves);
    node.hear(speaker.proposal(speaker.proposer(0), 0, value));
    assert.equal(node.instance.round, -1, 'its witnesses are missing');
    node.hear(...leaves);
    assert.equal(node.instance.round, 0);
  });

  it('is with votes of weight F+1, not of F', () => {
    const node = validator(null);
    node.hear(speaker.prevote(0, 0, null));
    assert.equal(node.instance.round, -1);
    node.hear(speaker.precommit(1, 0, null));
    assert.equal(node.instance.round, 0);
  });
});
