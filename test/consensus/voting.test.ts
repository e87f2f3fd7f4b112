import assert from 'node:assert/strict';
import { hash } from '../../src/protocol/hash.ts';
import type { Value } from '../../src/protocol/value.ts';
import { idOf, Speaker, TIMERS, Validator } from './fixture.ts';
import { committee, leaves, lockedOn, moveTo, order, others, ready, self, speaker, v, w } from './round.ts';

const prevotes = (round: number, value: Value | null, ...signers: number[]) =>
  signers.map((index) => speaker.prevote(index, round, value));
const precommits = (round: number, value: Value | null, ...signers: number[]) =>
  signers.map((index) => speaker.precommit(index, round, value));
const [a, b, c] = others;

describe('R14: proposers', () => {
  it('take turns, each once in n rounds, in another order for another task', () => {
    const seen = new Set<string>();
    for (let task = 0; task < 20; task++) {
      const each = new Speaker(committee, hash('task', task));
      const turns = [0, 1, 2, 3].map((round) => each.proposer(round));
      assert.deepEqual([...turns].sort(), [0, 1, 2, 3]);
      assert.equal(each.proposer(4), turns[0]);
      seen.add(turns.join());
    }
    assert.ok(seen.size > 5);
  });

  it('propose a fresh value at their turn, once, and prevote it', () => {
    const node = ready(order[0]);
    assert.deepEqual(node.slots(), ['COMMIT/0', 'CLOSE/0', 'REVEAL/0', 'PROPOSAL/0', 'PREVOTE/0']);
    assert.deepEqual(node.leaf('PROPOSAL'), speaker.proposal(order[0], 0, v).leaf);
    assert.equal(node.leaf('PREVOTE')?.valueId, idOf(v));
    const proposed = node.records.find(({ kind }) => kind === 'proposed');
    assert.ok(proposed?.kind === 'proposed' && idOf(proposed.value) === idOf(v));
  });

  it('say nothing at the turn of another', () => {
    assert.deepEqual(ready().slots(), ['COMMIT/0', 'CLOSE/0', 'REVEAL/0']);
  });

  it('repeat a value that a quorum prevoted, with the polka', () => {
    const node = lockedOn(v);
    for (const round of [1, 2, 3]) moveTo(node, round);
    assert.deepEqual(node.leaf('PROPOSAL', 3), speaker.proposal(self, 3, v, 0).leaf);
    const bundle = node.effects.find((effect) => effect.kind === 'bundle');
    assert.ok(bundle?.kind === 'bundle');
    assert.deepEqual(bundle.bundle, node.instance.valid?.polka);
    assert.equal(bundle.bundle.votes.length, 3);
  });

  it('cite no polka of their own round', () => {
    const node = ready();
    node.take(speaker.roundCert(precommits(3, null, a, b)));
    assert.ok(node.slots().includes('PROPOSAL/3'));
    const early = ready();
    early.hear(speaker.proposal(self, 3, w));
    early.take(speaker.polka(3, w, others));
    assert.equal(early.instance.muted, true, 'a twin proposed under this key');
  });

  it('are not stood in for: a proposal of another is ignored', () => {
    const node = ready();
    node.hear(speaker.proposal(b, 0, v));
    assert.equal(node.instance.values.size, 0);
    assert.equal(node.leaf('PREVOTE'), undefined);
    assert.equal(node.instance.seen.has(`${b}/PROPOSAL/0`), false);
  });
});

describe('R15: a fresh proposal', () => {
  it('is prevoted when it is valid and nothing is locked', () => {
    const node = ready();
    node.hear(speaker.proposal(a, 0, v));
    assert.deepEqual(node.leaf('PREVOTE'), speaker.prevote(self, 0, v).leaf);
    assert.deepEqual(node.records.at(-1), { kind: 'prevoted', leaf: node.leaf('PREVOTE') });
  });

  it('is answered with nil when it does not follow from its witnesses', () => {
    const node = ready();
    node.hear(speaker.proposal(a, 0, { ...v, core: { ...v.core, confidencePpm: 1 } }));
    assert.equal(node.leaf('PREVOTE')?.valueId, null);
  });

  it('is waited for while witnesses are missing, and answered with nil after the timeout', () => {
    const node = new Validator({ committee, self });
    const theirs = leaves.filter(({ signer }) => signer !== self);
    node.hear(...theirs.filter(({ leaf, signer }) => leaf.type !== 'REVEAL' || signer === a));
    node.hear(speaker.prevote(b, 0, null), speaker.prevote(c, 0, null), speaker.proposal(a, 0, v));
    assert.equal(node.instance.round, 0);
    assert.equal(node.leaf('PREVOTE'), undefined);
    assert.ok(node.count('want') > 0);
    node.fire('propose', 0);
    assert.equal(node.leaf('PREVOTE')?.valueId, null);
  });

  it('is answered once: the second of two proposals changes nothing', () => {
    const node = ready();
    node.hear(speaker.proposal(a, 0, v), speaker.proposal(a, 0, w));
    assert.deepEqual(node.slots().slice(3), ['PREVOTE/0']);
    assert.equal(node.count('evidence'), 1);
  });

  it('is judged by the second of two proposals where the first cannot be judged', () => {
    const node = ready();
    const strange = speaker.valueWith([...leaves, speaker.close(1, [])].reverse());
    node.hear(speaker.proposal(a, 0, strange), speaker.proposal(a, 0, v));
    assert.equal(node.leaf('PREVOTE')?.valueId, idOf(v));
  });
});

describe('R15, R16: what is prevoted under a lock', () => {
  const cases: [string, () => Validator, Value, number, Value | null][] = [
    ['unlocked, fresh', ready, v, -1, v],
    ['locked on it, fresh', () => lockedOn(v), v, -1, v],
    ['locked on another, fresh', () => lockedOn(v), w, -1, null],
    ['unlocked, with a polka', ready, v, 0, v],
    ['locked on it, with a polka', () => lockedOn(v), v, 0, v],
    ['locked on another in round 0, with a polka of round 1', () => lockedOn(v), w, 1, w],
  ];
  for (const [what, make, value, validRound, expected] of cases) {
    it(`${what}: ${expected === null ? 'nil' : 'the value'}`, () => {
      const node = make();
      const round = Math.max(1, validRound + 1);
      if (validRound >= 0) node.take(speaker.polka(validRound, value, others));
      for (let next = 1; next <= round; next++) moveTo(node, next);
      node.hear(speaker.proposal(order[round % 4]!, round, value, validRound));
      assert.deepEqual(
        node.leaf('PREVOTE', round),
        speaker.prevote(self, round, expected, expected === null ? -1 : validRound).leaf,
      );
    });
  }

  it('locked on another in round 1, with a polka of round 0: nil', () => {
    const node = ready();
    moveTo(node, 1);
    node.hear(speaker.proposal(b, 1, v), ...prevotes(1, v, a, b, c));
    assert.equal(node.instance.lock?.round, 1);
    node.take(speaker.polka(0, w, others));
    moveTo(node, 2);
    node.hear(speaker.proposal(c, 2, w, 0));
    assert.equal(node.leaf('PREVOTE', 2)?.valueId, null);
  });

  it('a claimed valid round without its polka is waited for, not believed', () => {
    const node = ready();
    moveTo(node, 1);
    node.hear(speaker.proposal(b, 1, v, 0));
    assert.equal(node.leaf('PREVOTE', 1), undefined);
    node.take(speaker.polka(0, w, others));
    assert.equal(node.leaf('PREVOTE', 1), undefined, 'that polka is of another value');
    node.fire('propose', 1);
    assert.equal(node.leaf('PREVOTE', 1)?.valueId, null);
  });

  it('the polka may come after its proposal', () => {
    const node = ready();
    moveTo(node, 1);
    node.hear(speaker.proposal(b, 1, v, 0));
    node.take(speaker.polka(0, v, others));
    assert.equal(node.leaf('PREVOTE', 1)?.valueId, idOf(v));
  });
});

describe('R17: a polka of the current round', () => {
  it('at step prevote locks, is valid, and is precommitted, with the lock in the same record', () => {
    const node = lockedOn(v);
    assert.equal(node.instance.lock?.round, 0);
    assert.equal(node.instance.valid, node.instance.lock);
    assert.deepEqual(node.leaf('PRECOMMIT'), speaker.precommit(self, 0, v).leaf);
    const record = node.records.at(-1);
    assert.ok(record?.kind === 'precommitted' && record.lock?.polka.votes.length === 3);
    assert.deepEqual(record.leaf, node.leaf('PRECOMMIT'));
  });

  it('needs weight Q of the same bytes', () => {
    const node = ready();
    node.hear(speaker.proposal(a, 0, v), ...prevotes(0, v, b), speaker.prevote(c, 0, w));
    assert.equal(node.leaf('PRECOMMIT'), undefined);
    node.hear(...prevotes(0, v, c));
    assert.equal(node.leaf('PRECOMMIT')?.valueId, idOf(v), 'self, b and c; an equivocator counts for each value');
  });

  it('does nothing before its value is here, and does all once it is', () => {
    const node = ready();
    node.fire('propose', 0);
    node.hear(...prevotes(0, v, a, b, c));
    assert.equal(node.leaf('PRECOMMIT'), undefined);
    assert.ok(node.count('want') > 0);
    node.hear(speaker.proposal(a, 0, v));
    assert.equal(node.leaf('PRECOMMIT')?.valueId, idOf(v));
    assert.equal(node.instance.lock?.round, 0);
  });

  it('at step precommit is valid only, and never the lock', () => {
    const node = ready();
    node.hear(...prevotes(0, null, a, b, c));
    node.fire('propose', 0);
    assert.equal(node.leaf('PRECOMMIT')?.valueId, null);
    node.hear(speaker.proposal(a, 0, v));
    node.take(speaker.polka(0, v, others));
    assert.equal(node.instance.lock, null);
    assert.equal(node.instance.valid?.round, 0);
    assert.equal(node.records.at(-1)?.kind, 'valid');
  });

  it('moves the lock in a later round', () => {
    const node = lockedOn(v);
    node.take(speaker.polka(1, w, others));
    moveTo(node, 1);
    moveTo(node, 2);
    node.hear(speaker.proposal(c, 2, w, 1), ...[a, b, c].map((index) => speaker.prevote(index, 2, w, 1)));
    assert.equal(node.leaf('PREVOTE', 2)?.valueId, idOf(w));
    assert.deepEqual([node.instance.lock?.round, node.leaf('PRECOMMIT', 2)?.valueId], [2, idOf(w)]);
  });
});

describe('R18: a polka of an older round', () => {
  it('is valid only, never the lock, and journaled', () => {
    const node = ready();
    moveTo(node, 1);
    node.hear(speaker.proposal(a, 0, v));
    node.take(speaker.polka(0, v, others));
    assert.equal(node.instance.lock, null);
    assert.equal(node.instance.valid?.round, 0);
    assert.equal(node.records.at(-1)?.kind, 'valid');
    assert.equal(node.leaf('PRECOMMIT'), undefined);
  });

  it('replaces no valid value of a later round', () => {
    const node = ready();
    moveTo(node, 1);
    node.hear(speaker.proposal(b, 1, v), ...prevotes(1, v, a, b, c));
    const { valid } = node.instance;
    node.hear(speaker.proposal(a, 0, w));
    node.take(speaker.polka(0, w, others));
    assert.equal(node.instance.valid, valid);
  });
});

describe('R19: PREVOTEs of a quorum', () => {
  it('for nil: precommit nil, with no lock', () => {
    const node = ready();
    node.fire('propose', 0);
    node.hear(...prevotes(0, null, a, b));
    assert.deepEqual(node.records.at(-1), { kind: 'precommitted', leaf: node.leaf('PRECOMMIT'), lock: null });
    assert.equal(node.leaf('PRECOMMIT')?.valueId, null);
  });

  it('for anything: wait once, then precommit nil', () => {
    const node = ready();
    node.hear(speaker.proposal(a, 0, v), ...prevotes(0, null, a));
    assert.ok(!node.timers().includes(`prevote/0 ${TIMERS.roundBaseMs}`));
    node.hear(...prevotes(0, null, b), ...prevotes(0, null, c));
    const armed = node.timers().filter((timer) => timer.startsWith('prevote/'));
    assert.deepEqual(armed, [`prevote/0 ${TIMERS.roundBaseMs}`]);
    const mixed = ready();
    mixed.hear(speaker.proposal(a, 0, v), ...prevotes(0, null, a), ...prevotes(0, v, b));
    assert.equal(mixed.leaf('PRECOMMIT'), undefined);
    mixed.fire('prevote', 0);
    assert.equal(mixed.leaf('PRECOMMIT')?.valueId, null);
  });
});
