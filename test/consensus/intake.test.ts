import assert from 'node:assert/strict';
import { createInstance } from '../../src/consensus/state.ts';
import { hash } from '../../src/protocol/hash.ts';
import { PROPOSALS_PER_ROUND_MAX, ROUNDS_AHEAD_MAX, VOTES_PER_SLOT_MAX } from '../../src/protocol/limits.ts';
import { approve, idOf, openingOf, reject, Speaker, Validator } from './fixture.ts';
import { committee, leaves, order, others, ready, self, speaker, v, w } from './round.ts';

const [a, b, c] = others;
const evidenceOf = (node: Validator) =>
  node.effects.flatMap((effect) => (effect.kind === 'evidence' ? [effect.leaves] : []));

describe('R25: two different leaves for one slot', () => {
  const pairs = {
    COMMIT: [speaker.commit(a, approve(a)), speaker.commit(a, reject(a))],
    CLOSE: [speaker.close(a, []), speaker.close(a, [speaker.commitment(b, approve(b))])],
    REVEAL: [speaker.reveal(a, approve(a)), speaker.reveal(a, reject(a))],
    PROPOSAL: [speaker.proposal(order[0], 0, v), speaker.proposal(order[0], 0, w)],
    PREVOTE: [speaker.prevote(a, 3, v), speaker.prevote(a, 3, null)],
    PRECOMMIT: [speaker.precommit(a, 3, v), speaker.precommit(a, 3, w)],
  };
  for (const [type, [first, second]] of Object.entries(pairs)) {
    it(`of ${type} are evidence, once`, () => {
      const node = new Validator({ committee, self: null });
      node.hear(first!, second!, first!, second!);
      assert.deepEqual(evidenceOf(node), [[first, second]]);
    });
  }

  it('are none in two rounds, of two types, or of two signatures on the same bytes', () => {
    const node = new Validator({ committee, self: null });
    node.hear(
      speaker.prevote(a, 1, v),
      speaker.prevote(a, 2, w),
      speaker.precommit(a, 1, w),
      speaker.prevote(a, 1, v),
      speaker.prevote(b, 1, w),
    );
    assert.deepEqual(evidenceOf(node), []);
  });

  it('are evidence too where one of them came in a bundle', () => {
    const node = new Validator({ committee, self: null });
    node.hear(speaker.prevote(a, 0, null));
    node.take(speaker.polka(0, v, others));
    assert.deepEqual(
      evidenceOf(node).map(([first, second]) => [first.signer, first.leaf.type, second.digest]),
      [[a, 'PREVOTE', speaker.prevote(a, 0, v).digest]],
    );
  });

  it('count once for each value: neither hides a real polka', () => {
    const node = ready();
    node.hear(speaker.proposal(order[0], 0, v), speaker.prevote(a, 0, null), speaker.prevote(a, 0, v));
    assert.equal(node.instance.rounds.get(0)!.prevotes.weight, 2, 'self and one equivocator');
    node.hear(speaker.prevote(b, 0, v));
    assert.equal(node.leaf('PRECOMMIT')?.valueId, idOf(v));
  });

  it('are kept, and a third is not', () => {
    const node = new Validator({ committee, self: null });
    const votes = [null, v, w, hash('x'), hash('y')].map((value) => speaker.prevote(a, 0, value));
    node.hear(...votes);
    assert.equal(node.instance.seen.get(`${a}/PREVOTE/0`)!.length, VOTES_PER_SLOT_MAX);
    assert.equal(node.instance.rounds.get(0)!.prevotes.groups.size, VOTES_PER_SLOT_MAX);
    assert.equal(evidenceOf(node).length, 1);
  });

  it('never make a bundle less: it is taken whole', () => {
    const node = new Validator({ committee, self: null });
    node.hear(...[null, w].map((value) => speaker.prevote(a, 0, value)), speaker.proposal(order[0], 0, v));
    node.hear(speaker.prevote(b, 0, null), speaker.prevote(c, 0, null), ...leaves);
    node.take(speaker.polka(0, v, others));
    assert.equal(node.instance.valid?.round ?? node.instance.lock?.round, 0);
  });
});

describe('R26: bounds', () => {
  it('take single votes and proposals at most 16 rounds ahead', () => {
    const node = ready();
    node.hear(speaker.prevote(a, ROUNDS_AHEAD_MAX, null), speaker.precommit(b, ROUNDS_AHEAD_MAX + 1, null));
    node.hear(speaker.proposal(speaker.proposer(17), 17, v));
    assert.deepEqual(
      [...node.instance.rounds.keys()].sort((x, y) => x - y),
      [0, ROUNDS_AHEAD_MAX],
    );
    assert.equal(node.instance.values.size, 0);
    assert.ok(!node.instance.seen.has(`${b}/PRECOMMIT/17`));
  });

  it('take bundles from any distance', () => {
    const node = ready();
    node.take(speaker.polka(1_000, v, others));
    assert.equal(node.instance.round, 1_000);
  });

  it('keep two proposals a round', () => {
    const node = new Validator({ committee, self: null });
    const x = speaker.valueWith(leaves.filter(({ leaf, signer }) => leaf.type !== 'CLOSE' || signer !== 2));
    node.hear(...[v, w, x].map((value) => speaker.proposal(order[0], 0, value)));
    assert.equal(node.instance.rounds.get(0)!.proposals.length, PROPOSALS_PER_ROUND_MAX);
    assert.equal(node.instance.values.size, PROPOSALS_PER_ROUND_MAX);
  });

  it('keep of one faulty validator only so much, however much it says', () => {
    const node = new Validator({ committee, self: null });
    for (let draw = 0; draw < 50; draw++) {
      node.hear(speaker.commit(a, openingOf(a, {}, draw)), speaker.reveal(a, openingOf(a, {}, draw)));
      node.hear(speaker.close(a, [speaker.commitment(b, openingOf(b, {}, draw))]));
      for (let round = 0; round < 40; round++) {
        node.hear(speaker.prevote(a, round, hash('value', draw)), speaker.precommit(a, round, hash('value', draw)));
      }
    }
    const kept = [...node.instance.seen.values()].flat().length;
    assert.equal(kept, 2 * (3 + 2 * ROUNDS_AHEAD_MAX));
    assert.ok(node.instance.witnesses.size <= 4 && node.instance.rounds.size <= ROUNDS_AHEAD_MAX);
  });

  it("are this task's alone: a leaf or bundle of another is a fault of the caller", () => {
    const node = new Validator({ committee, self: null });
    const stranger = new Speaker(committee, hash('another task'));
    assert.throws(() => node.hear(stranger.prevote(a, 0, null)), /leaf of task/);
    assert.throws(() => node.take(stranger.polka(0, v, others)), /bundle of task/);
  });
});

describe('R29: a leaf under my key that I do not know', () => {
  const strangers = {
    COMMIT: speaker.commit(self, reject(self)),
    CLOSE: speaker.close(self, []),
    REVEAL: speaker.reveal(self, reject(self)),
    PROPOSAL: speaker.proposal(self, 3, v),
    PREVOTE: speaker.prevote(self, 0, v),
    PRECOMMIT: speaker.precommit(self, 0, null),
  };
  for (const [type, leaf] of Object.entries(strangers)) {
    it(`as ${type} mutes me for good, and says so once`, () => {
      const node = ready();
      const before = node.slots().length;
      node.hear(leaf, leaf);
      assert.equal(node.instance.muted, true);
      assert.equal(node.count('muted'), 1);
      node.hear(speaker.proposal(order[0], 0, v), ...others.map((index) => speaker.prevote(index, 0, v)));
      assert.equal(node.slots().length, before, 'nothing is signed any more');
      assert.equal(node.instance.step, 'precommit', 'it follows');
    });
  }

  it('in a bundle mutes me too, before I go to its round and vote there', () => {
    const node = ready();
    const before = node.slots().length;
    node.take(speaker.roundCert([speaker.precommit(self, 7, v), speaker.prevote(a, 7, null)]));
    assert.equal(node.instance.muted, true);
    assert.equal(node.instance.round, 7);
    assert.equal(node.slots().length, before);
    node.fire('propose', 7);
    assert.equal(node.slots().length, before);
  });

  it('does not hinder the decision', () => {
    const node = ready();
    node.hear(strangers.PREVOTE);
    node.take(speaker.cert(0, v, others));
    assert.ok(node.instance.decided);
  });

  it('is none of those that I said', () => {
    const node = ready(order[0]);
    node.hear(...node.said.map(({ leaf, attachment }) => speaker.say(order[0], leaf, attachment)));
    assert.equal(node.count('muted'), 0);
  });
});

describe('an instance', () => {
  it('starts with nothing said, heard or decided', () => {
    const { own, seen, round, decided, muted } = createInstance(committee, hash('t'), 0);
    assert.deepEqual([own.size, seen.size, round, decided, muted], [0, 0, -1, null, false]);
  });
});
