import assert from 'node:assert/strict';
import { hardValid, holdValue, softAccept } from '../../src/consensus/valuation.ts';
import type { Authentic, SignedLeaf } from '../../src/protocol/signed-leaf.ts';
import { type Core, closesDigestOf, decodeValue, encodeValue, type Value } from '../../src/protocol/value.ts';
import { digestOf } from '../protocol/samples.ts';
import { abstain, approve, fakeCommittee, idOf, openingOf, reject, Speaker, Validator } from './fixture.ts';

const committee = fakeCommittee();
const speaker = new Speaker(committee);
const openings = [0, 1, 2, 3].map((index) => [index, approve(index)] as const);
const leaves = speaker.collection(openings, [0, 1, 2, 3]);
const value = speaker.valueWith(leaves);

/** An observer that holds these leaves. */
function holding(held: readonly Authentic<SignedLeaf>[]): Validator {
  const node = new Validator({ committee, self: null });
  node.hear(...held);
  return node;
}

/** The verdict of somebody who holds every leaf and is shown this value. */
function judged(shown: Value, held: readonly Authentic<SignedLeaf>[] = leaves): boolean | undefined {
  const node = holding(held);
  return hardValid(node.instance, holdValue(node.instance, shown));
}

const withCore = (change: Partial<Core>, closes = value.closes): Value => {
  return { core: { ...value.core, closesDigest: closesDigestOf(closes), ...change }, closes };
};
const without = <T extends { index: number }>(items: readonly T[], index: number) =>
  items.filter((item) => item.index !== index);

describe('R10: a fresh value', () => {
  it('is what follows from the timely reveals and all CLOSEs held', () => {
    assert.equal(value.core.outcome, 'APPROVED');
    assert.deepEqual(
      value.core.reveals.map(({ index }) => index),
      [0, 1, 2, 3],
    );
    assert.deepEqual(
      value.closes.map(({ index }) => index),
      [0, 1, 2, 3],
    );
    assert.deepEqual(value.core.unrevealed, []);
    assert.equal(value.core.networkId, committee.networkId);
  });

  it('does not depend on the order in which they came', () => {
    assert.equal(idOf(speaker.valueWith([...leaves].reverse())), idOf(value));
  });

  it('names who was timely but did not reveal', () => {
    const late = leaves.filter(({ leaf, signer }) => leaf.type !== 'REVEAL' || signer !== 2);
    assert.deepEqual(speaker.valueWith(late).core.unrevealed, [2]);
  });

  it('calls nobody unrevealed whose commitment is in fewer lists than a quorum', () => {
    const [zero, one] = [0, 1].map((index) => speaker.commitment(index, approve(index)));
    const lists = [[zero!, one!], [zero!, one!], [zero!], [zero!]].map((list, index) => speaker.close(index, list));
    assert.deepEqual(speaker.valueWith(lists).core.unrevealed, [0]);
  });

  it('survives the wire', () => {
    assert.deepEqual(decodeValue(encodeValue(value)), value);
  });
});

describe('R11: a hard-valid value', () => {
  it('follows from its witnesses, whoever made it and whatever else I hold', () => {
    assert.equal(judged(value), true);
    const more = [...leaves, speaker.reveal(1, reject(1)), speaker.close(2, [])];
    assert.equal(judged(value, more), true);
  });

  it('may be of fewer reveals and fewer closes, as long as it says so', () => {
    const fewer = leaves.filter(({ signer }) => signer !== 3);
    assert.equal(judged(speaker.valueWith(fewer)), true);
    assert.equal(judged(speaker.valueWith([])), true, 'nobody closed: EXPIRED, and softAccept has its say');
  });

  it('is undecided while any witness is missing, and decided once the last one is here', () => {
    const witnesses = leaves.filter(({ leaf }) => leaf.type !== 'COMMIT');
    for (const last of witnesses) {
      const node = holding(witnesses.filter((leaf) => leaf !== last));
      const held = holdValue(node.instance, value);
      assert.equal(hardValid(node.instance, held), undefined);
      node.hear(last);
      assert.equal(hardValid(node.instance, held), true);
    }
  });

  it('takes no other leaf of the same validator for its witness', () => {
    const replaced = leaves.map((leaf) =>
      leaf.leaf.type === 'REVEAL' && leaf.signer === 1 ? speaker.reveal(1, reject(1)) : leaf,
    );
    assert.equal(judged(value, replaced), undefined);
  });

  it('takes a wanted witness even from a validator that has said too much already', () => {
    const noise = [1, 2, 3].map((draw) => speaker.reveal(1, openingOf(1, {}, draw)));
    const node = holding([...leaves.filter(({ leaf, signer }) => leaf.type !== 'REVEAL' || signer !== 1), ...noise]);
    const held = holdValue(node.instance, value);
    assert.equal(hardValid(node.instance, held), undefined);
    node.hear(speaker.reveal(1, approve(1)));
    assert.equal(hardValid(node.instance, held), true);
  });

  it('takes a wanted CLOSE even of a closer that has signed too many lists already', () => {
    const own = leaves.find(({ leaf, signer }) => leaf.type === 'CLOSE' && signer === 3)!;
    const noise = [0, 1, 2].map((index) => speaker.close(3, [speaker.commitment(index, reject(index))]));
    const node = holding([...leaves.filter((leaf) => leaf !== own), ...noise]);
    const held = holdValue(node.instance, value);
    assert.equal(hardValid(node.instance, held), undefined);
    node.hear(own);
    assert.equal(hardValid(node.instance, held), true);
  });

  const false_: [string, Value][] = [
    ['another outcome', withCore({ outcome: 'REJECTED' })],
    ['another confidence', withCore({ confidencePpm: value.core.confidencePpm + 1 })],
    ['another time', withCore({ decidedAtSeconds: 5 })],
    ['other tallies', withCore({ tallies: { ...value.core.tallies, rejectWeight: 1 } })],
    ['another network', withCore({ networkId: digestOf(1) })],
    ['another configuration', withCore({ configDigest: digestOf(1) })],
    ['another task', withCore({ taskId: digestOf(1) })],
    ['somebody unrevealed who revealed', withCore({ unrevealed: [3] })],
    ['a reveal left out unsaid', withCore({ reveals: without(value.core.reveals, 3) })],
    ['closes left out of a quorum', withCore({}, value.closes.slice(0, 2))],
    ['no closes', withCore({}, [])],
    ['junk closes under the honest core', { ...value, closes: value.closes.slice(1) }],
  ];
  for (const [what, shown] of false_) it(`is none with ${what}`, () => assert.equal(judged(shown), false));

  it('is none with the reveal of somebody outside the committee', () => {
    const stranger = { index: 9, ...approve(9) };
    const node = holding([...leaves, speaker.say(9, { type: 'REVEAL', opening: approve(9) })].slice(0, leaves.length));
    const held = holdValue(node.instance, withCore({ reveals: [...value.core.reveals, stranger] }));
    assert.equal(held.missing.size, 1, 'its witness can never come');
    held.missing.clear();
    assert.equal(hardValid(node.instance, held), false);
  });

  it('is none with an untimely reveal, though everything else follows', () => {
    const list = [0, 1, 2].map((index) => speaker.commitment(index, approve(index)));
    const late = [
      ...[0, 1].map((index) => speaker.close(index, list)),
      ...[2, 3].map((index) => speaker.close(index, [...list, speaker.commitment(3, approve(3))])),
      ...openings.map(([index, opening]) => speaker.reveal(index, opening)),
    ];
    const honest = speaker.valueWith(late);
    assert.ok(!honest.core.reveals.some(({ index }) => index === 3));
    assert.equal(judged(honest, late), true);
    const cheating = { ...honest, core: { ...honest.core, reveals: value.core.reveals } };
    assert.equal(judged(cheating, late), false);
  });

  it('is known by what it says, so one content never has two ids', () => {
    const node = holding(leaves);
    assert.equal(holdValue(node.instance, value), holdValue(node.instance, structuredClone(value)));
    assert.equal(node.instance.values.size, 1);
  });
});

describe('R12: a soft-acceptable value', () => {
  const mixed = [approve(0), approve(1), reject(2), reject(3)].map((opening, index) => [index, opening] as const);
  const mixedLeaves = speaker.collection(mixed, [0, 1, 2, 3]);
  const expired = speaker.valueWith([]);
  const split = speaker.valueWith(mixedLeaves);

  const soft = (node: Validator, shown: Value) => softAccept(node.instance, holdValue(node.instance, shown));
  const untilReveal = (all: typeof leaves, ...revealed: number[]) =>
    all.filter(({ leaf, signer }) => leaf.type !== 'REVEAL' || revealed.includes(signer));

  it('is any verdict that is hard-valid', () => {
    assert.equal(soft(holding([]), value), 'yes');
  });

  it('is no EXPIRED or INCONCLUSIVE while I see a verdict, until round 3', () => {
    const node = holding(leaves);
    assert.equal(soft(node, expired), 'no');
    assert.equal(soft(node, split), 'no');
    node.fire('final');
    assert.equal(soft(node, split), 'no');
    node.instance.round = 2;
    assert.equal(soft(node, split), 'no');
    node.instance.round = 3;
    assert.equal(soft(node, split), 'yes');
  });

  it('is one without a verdict once the time for one is over', () => {
    const node = holding(untilReveal(mixedLeaves, 0));
    assert.equal(soft(node, expired), 'wait');
    node.fire('final');
    assert.equal(soft(node, expired), 'yes');
  });

  it('is one without a verdict once none can come, or nothing at all', () => {
    assert.equal(soft(holding(mixedLeaves), split), 'yes', 'complete');
    const abstaining = [abstain(0), abstain(1), approve(2), approve(3)].map(
      (opening, index) => [index, opening] as const,
    );
    const impossible = untilReveal(speaker.collection(abstaining, [0, 1, 2, 3]), 0, 1);
    assert.equal(soft(holding(impossible), expired), 'yes', 'impossible');
  });

  it('is waited for before anything is known: no vote yet, not nil', () => {
    assert.equal(soft(holding([]), expired), 'wait');
  });
});
