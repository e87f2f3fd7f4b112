import assert from 'node:assert/strict';
import type { TimelineEntry } from '../../src/engine/ports.ts';
import { JOINT_TASKS_MIN } from '../../src/node/explain/effective-families.ts';
import { type DecidedTaskRecord, ParticipationWindow } from '../../src/node/participation.ts';
import { hash } from '../../src/protocol/hash.ts';
import type { Vote } from '../../src/protocol/judgement.ts';
import type { Core } from '../../src/protocol/value.ts';
import { makeResult } from './result-fixture.ts';

const { committee } = makeResult();
/** By votes: to sign each result anew takes long. */
const cores = new Map<string, Core>();

function recordOf(
  number: number,
  votes: Vote[],
  timeline: TimelineEntry[] = [],
  signers = [0, 1, 2],
): DecidedTaskRecord {
  const key = votes.join();
  const core = cores.get(key) ?? makeResult({ votes }).core;
  cores.set(key, core);
  return { taskId: hash('task', number), core, signers: new Set(signers), timeline };
}

describe('ParticipationWindow', () => {
  it('counts what every validator did', () => {
    const window = new ParticipationWindow(committee);
    window.add(recordOf(1, ['approve', 'approve', 'approve', 'reject']));
    window.add(recordOf(2, ['approve', 'approve', 'approve', 'abstain']));
    window.add(recordOf(3, ['approve', 'approve', 'approve']));
    window.add(recordOf(3, ['approve', 'approve', 'approve'])); // a task counts once
    const { tasks, revealed, committed, agreed, dissented, abstained, missing, signed } = window.of(3);
    assert.deepEqual({ tasks, revealed, committed }, { tasks: 3, revealed: 2, committed: 2 });
    assert.deepEqual(
      { agreed, dissented, abstained, missing, signed },
      { agreed: 0, dissented: 1, abstained: 1, missing: 1, signed: 0 },
    );
    assert.equal(window.of(0).agreed, 3);
    assert.equal(window.of(0).signed, 3);
  });

  it('credits a late signature as participation', () => {
    const window = new ParticipationWindow(committee);
    window.add(recordOf(1, ['approve', 'approve', 'approve']));
    window.credit(hash('task', 1), 3);
    const { missing, late, signed } = window.of(3);
    assert.deepEqual({ missing, late, signed }, { missing: 0, late: 1, signed: 1 });
    window.credit(hash('unknown'), 3);
    assert.equal(window.of(3).signed, 1);
  });

  it('holds the latest tasks, and puts those of the runs before in front', () => {
    const window = new ParticipationWindow(committee, 3);
    window.add(recordOf(10, ['approve', 'approve', 'approve', 'reject']));
    window.addEarlier([9, 8, 7].map((number) => recordOf(number, ['approve', 'approve', 'approve', 'approve'])));
    assert.equal(window.isFull, true);
    assert.deepEqual([window.of(3).tasks, window.of(3).agreed, window.of(3).dissented], [3, 2, 1]);
    window.add(recordOf(11, ['approve', 'approve', 'approve', 'reject'])); // drops task 8
    window.add(recordOf(12, ['approve', 'approve', 'approve', 'reject'])); // drops task 9
    assert.deepEqual([window.of(3).tasks, window.of(3).agreed, window.of(3).dissented], [3, 0, 3]);
  });

  it('tells the median and the slowest commitments by nearest rank', () => {
    const window = new ParticipationWindow(committee);
    assert.deepEqual([window.of(1).commitMsP50, window.of(1).commitMsP99], [null, null]);
    for (let number = 1; number <= 100; number++) {
      const committed = { event: 'committed', atMs: 1_000 + number, validatorIndex: 1 } as const;
      window.add(recordOf(number, ['approve', 'approve', 'approve'], [{ event: 'seen', atMs: 1_000 }, committed]));
    }
    assert.deepEqual([window.of(1).commitMsP50, window.of(1).commitMsP99], [50, 99]);
    assert.equal(window.of(2).commitMsP50, null);
  });

  it('counts contradictions, and knows no validator that is none', () => {
    const window = new ParticipationWindow(committee);
    window.equivocated(2);
    window.equivocated(9);
    assert.deepEqual(
      [0, 1, 2, 3].map((index) => window.of(index).equivocations),
      [0, 0, 1, 0],
    );
  });

  it('knows the families only after enough tasks', () => {
    const window = new ParticipationWindow(committee);
    assert.equal(window.effectiveFamilies(), null);
    const votes = (number: number): Vote[] => {
      const vote = number % 2 === 0 ? 'approve' : 'reject';
      return [vote, vote, vote, number % 4 < 2 ? 'approve' : 'reject'];
    };
    for (let number = 0; number < 4 * JOINT_TASKS_MIN; number++) window.add(recordOf(number, votes(number)));
    assert.equal(window.effectiveFamilies(), 1.6); // three alike and one that is independent: 16 / 10
  });
});
