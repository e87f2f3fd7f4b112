import assert from 'node:assert/strict';
import { repeatOf } from '../../src/consensus/repeat.ts';
import type { JournalRecord } from '../../src/consensus/state.ts';
import { leafSlot } from '../../src/protocol/leaf.ts';
import { approve, idOf, openingOf, Validator } from './fixture.ts';
import { committee, leaves, lockedOn, moveTo, order, others, ready, self, speaker, v, w } from './round.ts';

const [a, b] = others;

/** The same validator after a restart, with its stored leaves sent again, as the engine does. */
function restarted(before: Validator, count = before.records.length): Validator {
  const records = before.records.slice(0, count);
  const node = new Validator({ committee, self: before.instance.self, records });
  node.start();
  node.hear(
    ...repeatOf(node.instance).leaves.map(({ leaf, attachment }) =>
      speaker.say(before.instance.self!, leaf, attachment),
    ),
  );
  return node;
}

describe('R28: after a restart', () => {
  it('a new instance is what no records give', () => {
    const node = restarted(new Validator({ committee, self }));
    assert.deepEqual([node.instance.round, node.instance.step, node.instance.own.size], [-1, 'propose', 0]);
  });

  it('the judgement stands: no model is asked and no other answer taken', () => {
    const before = new Validator({ committee, self });
    before.judge(approve(self));
    const node = restarted(before);
    assert.deepEqual(node.instance.opening, approve(self));
    node.judge(openingOf(self, { vote: 'reject' }, 1));
    assert.deepEqual(node.slots(), []);
    assert.equal(repeatOf(node.instance).leaves[0]!.digest, before.said[0]!.digest);
  });

  it('a CLOSE stands as it was, whatever else is heard first', () => {
    const before = ready();
    const node = restarted(before, 2);
    node.hear(...leaves.filter(({ signer }) => signer !== self));
    assert.deepEqual(node.slots().slice(0, 1), ['REVEAL/0'], 'the reveal follows from its record');
    assert.equal(node.said[0]!.digest, before.said.find(({ leaf }) => leaf.type === 'REVEAL')!.digest);
  });

  for (const [what, heard] of [
    ['commitments', others.map((index) => speaker.commit(index, approve(index)))],
    [
      'lists',
      others.map((index) =>
        speaker.close(
          index,
          others.map((other) => speaker.commitment(other, approve(other))),
        ),
      ),
    ],
  ] as const) {
    it(`R4: who closed on ${what} of a quorum, and did not commit, still shows them to those who lack them`, () => {
      const before = new Validator({ committee, self });
      before.start();
      before.hear(...heard);
      before.fire('observe');
      assert.deepEqual(before.slots(), ['CLOSE/0']);
      const { seen } = restarted(before).instance;
      for (const { digest } of heard) assert.ok([...seen.values()].flat().some((leaf) => leaf.digest === digest));
    });
  }

  it('R4: who committed need not: what the honest committed suffices', () => {
    const kinds = ready().records.map(({ kind }) => kind);
    assert.deepEqual(kinds.slice(0, 2), ['judged', 'closed']);
    assert.ok(!kinds.includes('grounds'));
  });

  it('the own REVEAL of before is no stranger', () => {
    const before = ready();
    const node = restarted(before, 2);
    node.hear(speaker.reveal(self, approve(self)));
    assert.equal(node.instance.muted, false);
  });

  it('the step is that of the last vote, with its timeout armed again', () => {
    const prevoted = ready();
    prevoted.hear(speaker.proposal(a, 0, v));
    assert.deepEqual(at(restarted(prevoted)), [0, 'prevote']);
    assert.deepEqual(at(restarted(lockedOn(v))), [0, 'precommit']);
    const proposed = ready(order[0]);
    const upToProposal = proposed.records.findIndex(({ kind }) => kind === 'proposed') + 1;
    const node = restarted(proposed, upToProposal);
    assert.ok(node.timers().some((timer) => timer.startsWith('propose/0 ')));
    assert.deepEqual(at(node), [0, 'propose'], 'its own proposal waits for its witnesses');
    node.hear(...leaves.filter(({ signer }) => signer !== order[0]));
    assert.equal(node.leaf('PREVOTE')?.valueId, idOf(v));
    assert.ok(!node.slots().includes('PROPOSAL/0'));
  });

  it('the round is the highest that was reached, though nothing was said in it', () => {
    const before = ready();
    for (const round of [1, 2, 3]) moveTo(before, round);
    const upToRound3 = before.records.filter(({ kind }) => kind !== 'proposed' && kind !== 'prevoted');
    const node = new Validator({ committee, self, records: upToRound3 });
    node.start();
    assert.equal(node.instance.round, 3);
  });

  it('the lock and its polka come back together', () => {
    const node = restarted(lockedOn(v));
    assert.equal(node.instance.lock?.round, 0);
    assert.equal(node.instance.valid?.round, 0);
    assert.equal(node.instance.rounds.get(0)!.prevotes.weight, 3);
    moveTo(node, 1);
    node.hear(...leaves.filter(({ signer }) => signer !== self), speaker.proposal(b, 1, w));
    assert.equal(node.leaf('PREVOTE', 1)?.valueId, null, 'the lock holds');
    for (const round of [2, 3]) moveTo(node, round);
    assert.deepEqual(node.leaf('PROPOSAL', 3), speaker.proposal(self, 3, v, 0).leaf, 'and is proposed with its proof');
  });

  it('a valid value without a lock comes back', () => {
    const before = ready();
    moveTo(before, 1);
    before.hear(speaker.proposal(a, 0, v));
    before.take(speaker.polka(0, v, others));
    const node = restarted(before);
    assert.deepEqual([node.instance.lock, node.instance.valid?.round], [null, 0]);
  });

  it('stored leaves are said again in their very bytes', () => {
    const before = lockedOn(v);
    const node = new Validator({ committee, self, records: before.records });
    const again = repeatOf(node.instance).leaves;
    assert.deepEqual(
      again.map(({ leaf, digest }) => [leafSlot(leaf), digest]),
      before.said.filter(({ leaf }) => leaf.type !== 'REVEAL').map(({ leaf, digest }) => [leafSlot(leaf), digest]),
    );
  });

  it('votes on, to the decision', () => {
    const node = restarted(lockedOn(v));
    node.hear(speaker.precommit(a, 0, v), speaker.precommit(b, 0, v));
    assert.ok(node.instance.decided);
  });

  it('the journal of an equal order gives an equal instance, record by record', () => {
    const before = lockedOn(v);
    moveTo(before, 1);
    before.fire('propose', 1);
    const kinds = before.records.map(({ kind }) => kind);
    assert.deepEqual(kinds, [
      'judged',
      'closed',
      'prevoted',
      'precommitted',
      'round',
      'prevoted',
    ] satisfies JournalRecord['kind'][]);
    for (let count = 0; count <= kinds.length; count++) {
      const node = restarted(before, count);
      const slots = before.said.filter(({ leaf }) => node.instance.own.has(leafSlot(leaf)));
      for (const own of slots) assert.equal(node.instance.own.get(leafSlot(own.leaf))!.digest, own.digest);
    }
  });
});

function at({ instance }: Validator): [number, string] {
  return [instance.round, instance.step];
}
