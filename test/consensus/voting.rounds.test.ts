import assert from 'node:assert/strict';
import { proposerOf } from '../../src/consensus/state.ts';
import type { Value } from '../../src/protocol/value.ts';
import { fakeCommittee, idOf, Speaker, TIMERS, Validator } from './fixture.ts';
import { committee, lockedOn, moveTo, nilPrecommits, others, ready, self, speaker, v, w } from './round.ts';

const prevotes = (round: number, value: Value | null, ...signers: number[]) =>
  signers.map((index) => speaker.prevote(index, round, value));
const precommits = (round: number, value: Value | null, ...signers: number[]) =>
  signers.map((index) => speaker.precommit(index, round, value));
const [a, b, c] = others;

describe('R20: PRECOMMITs of a quorum', () => {
  it('for nil end the round at once, from any step', () => {
    const node = ready();
    node.hear(...precommits(0, null, a, b, c));
    assert.equal(node.instance.round, 1);
    const record = node.records.at(-1);
    assert.ok(record?.kind === 'round' && record.roundCert.votes.length === 3);
  });

  it('for anything end it after a timeout', () => {
    const node = lockedOn(v);
    node.hear(...precommits(0, null, a), ...precommits(0, v, b));
    assert.equal(node.instance.round, 0);
    assert.ok(node.timers().includes(`precommit/0 ${TIMERS.roundBaseMs}`));
    node.fire('precommit', 0);
    assert.equal(node.instance.round, 1);
    assert.equal(node.instance.step, 'propose');
    assert.equal(node.instance.lock?.round, 0, 'the lock stays');
  });

  it('end no round when they are fewer', () => {
    const node = ready();
    node.hear(...precommits(0, null, a), ...prevotes(0, null, b));
    assert.equal(node.instance.round, 0);
    assert.ok(!node.timers().some((timer) => timer.startsWith('precommit/')));
  });
});

describe('R21: a later round', () => {
  it('is joined at votes of weight F+1 in it, of either kind, each voter once', () => {
    const node = ready();
    node.hear(...prevotes(5, null, a), ...precommits(5, null, a), ...prevotes(4, null, b));
    assert.equal(node.instance.round, 0);
    node.hear(...precommits(5, v, b));
    assert.equal(node.instance.round, 5);
    const record = node.records.at(-1);
    assert.ok(record?.kind === 'round');
    assert.deepEqual(record.roundCert.votes.map(({ signer }) => signer).sort(), [a, b].sort());
  });

  it('is joined at any distance by a bundle, and its proof is journaled before anything is said in it', () => {
    const node = ready();
    const before = node.records.length;
    node.take(speaker.roundCert(precommits(403, null, a, b)));
    assert.equal(node.instance.round, 403, 'whose proposer it is');
    assert.deepEqual(
      node.records.slice(before).map(({ kind }) => kind),
      ['round', 'proposed', 'prevoted'],
    );
    assert.equal(node.instance.roundCert?.votes[0]?.leaf.round, 403);
  });

  it('is the latest of several', () => {
    const node = ready();
    node.take(speaker.roundCert(prevotes(3, null, a, b)));
    node.take(speaker.roundCert(prevotes(7, null, a, c)));
    assert.equal(node.instance.round, 7);
    node.take(speaker.roundCert(prevotes(6, null, a, b)));
    assert.equal(node.instance.round, 7, 'there is no way back');
  });

  it('counts weight, not voters', () => {
    const heavy = fakeCommittee({ weights: [4, 1, 1, 1] }); // Q 5, F 2
    const node = new Validator({ committee: heavy, self: null });
    const heavySpeaker = new Speaker(heavy);
    node.hear(heavySpeaker.prevote(1, 2, null), heavySpeaker.prevote(2, 2, null));
    assert.equal(node.instance.round, -1);
    node.hear(heavySpeaker.prevote(3, 2, null));
    assert.equal(node.instance.round, 2);
  });
});

describe('R22: the decision', () => {
  const decision = (node: Validator) => node.effects.find((effect) => effect.kind === 'decided');

  it('is at PRECOMMITs of a quorum for a value, with the core', () => {
    const node = lockedOn(v);
    node.hear(...precommits(0, v, a));
    assert.equal(decision(node), undefined);
    node.hear(...precommits(0, v, b));
    const effect = decision(node);
    assert.ok(effect?.kind === 'decided');
    assert.deepEqual(effect.cert.votes.map(({ signer }) => signer).sort(), [self, a, b].sort());
    assert.equal(idOf(v), effect.cert.votes[0]!.leaf.valueId);
    assert.equal(node.instance.decided, effect.cert);
  });

  it('is in any one round, an older one too, and never of votes of two rounds', () => {
    const node = ready();
    node.hear(speaker.proposal(a, 0, v));
    moveTo(node, 1);
    moveTo(node, 2);
    node.hear(...precommits(1, v, a, b), ...precommits(2, v, c));
    assert.equal(decision(node), undefined);
    node.hear(...precommits(1, v, c));
    assert.ok(decision(node));
  });

  it('waits for its value, and is made when that comes', () => {
    const node = ready();
    node.hear(...precommits(0, v, a, b, c));
    assert.equal(decision(node), undefined);
    assert.ok(node.count('want') > 0);
    node.hear(speaker.proposal(a, 0, v));
    assert.ok(decision(node));
  });

  it('is made by a CERT alone, before anything else is known', () => {
    const node = new Validator({ committee, self: null });
    node.take(speaker.cert(9, v, [0, 1, 2]));
    assert.ok(decision(node));
  });

  it('is the end: nothing is done any more', () => {
    const node = lockedOn(v);
    node.take(speaker.cert(0, v, [0, 1, 2]));
    const inputs = [
      node.start(),
      node.fire('precommit', 0),
      node.hear(...precommits(5, null, a, b, c)),
      node.take(nilPrecommits(0)),
      node.input({ kind: 'deadline' }),
    ];
    assert.deepEqual(inputs.flat(), []);
  });
});

describe('R23: timers', () => {
  it('of another round or step do nothing', () => {
    const node = lockedOn(v);
    const { round, step } = node.instance;
    const said = node.slots().length;
    for (const name of ['propose', 'prevote'] as const) node.fire(name, 0);
    for (const name of ['propose', 'prevote', 'precommit'] as const) for (const other of [1, 7]) node.fire(name, other);
    assert.deepEqual([node.instance.round, node.instance.step, node.slots().length], [round, step, said]);
    moveTo(node, 1);
    for (const name of ['propose', 'prevote', 'precommit'] as const) node.fire(name, 0);
    assert.deepEqual([node.instance.round, node.instance.step], [1, 'propose']);
  });

  it('double with each round up to the cap, and never overflow', () => {
    const node = ready();
    for (const round of [1, 2, 3, 4, 5]) moveTo(node, round);
    const armed = node.timers().filter((timer) => timer.startsWith('propose/'));
    const { roundBaseMs, roundCapMs } = TIMERS;
    const expected = [0, 1, 2, 3, 4, 5].map(
      (round) => `propose/${round} ${Math.min(roundBaseMs * 2 ** round, roundCapMs)}`,
    );
    assert.deepEqual(armed, expected);
    node.take(speaker.roundCert(prevotes(2_000_000_000, null, a, b)));
    assert.equal(node.timers().at(-1), `propose/2000000000 ${roundCapMs}`);
  });

  it('let everybody go on alone: nil, nil, next round', () => {
    const node = ready();
    node.fire('propose', 0);
    node.hear(...prevotes(0, v, a), ...prevotes(0, w, b));
    node.fire('prevote', 0);
    node.hear(...precommits(0, v, a), ...precommits(0, null, b));
    node.fire('precommit', 0);
    assert.deepEqual(node.slots().slice(3), ['PREVOTE/0', 'PRECOMMIT/0']);
    assert.equal(node.instance.round, 1);
    assert.equal(proposerOf(node.instance, 1), b);
  });
});
