import assert from 'node:assert/strict';
import fc from 'fast-check';
import { effectiveFamilies, type FamilyVotes, JOINT_TASKS_MIN } from '../../../src/node/explain/effective-families.ts';

/** Votes of families a, b, c... by rule. */
function votesOf(tasks: number, ...rules: ((task: number) => number | undefined)[]): FamilyVotes[] {
  return Array.from({ length: tasks }, (_, task) => {
    const votes = rules.map((rule, at): [string, number | undefined] => [String.fromCharCode(97 + at), rule(task)]);
    return new Map(votes.filter((vote): vote is [string, number] => vote[1] !== undefined));
  });
}

/** Walsh functions: any two of them are uncorrelated over a multiple of 8 tasks. */
const walsh = (bit: number) => (task: number) => (((task >> bit) & 1) === 0 ? 1 : -1);
const TASKS = 64;

describe('the effective number of model families', () => {
  it('is one where all vote alike, or always the opposite', () => {
    assert.equal(effectiveFamilies(votesOf(TASKS, walsh(0), walsh(0), walsh(0))), 1);
    assert.equal(effectiveFamilies(votesOf(TASKS, walsh(0), (task) => -walsh(0)(task))), 1);
  });

  it('is their number where they vote independently', () => {
    assert.equal(effectiveFamilies(votesOf(TASKS, walsh(0), walsh(1), walsh(2))), 3);
  });

  it('counts a copy as no family of its own: 9 / 5 of two that agree and a third', () => {
    assert.equal(effectiveFamilies(votesOf(TASKS, walsh(0), walsh(0), walsh(1))), 9 / 5);
  });

  it('is unknown with too few tasks in common, or where a family always votes the same', () => {
    assert.equal(effectiveFamilies([]), undefined);
    assert.equal(effectiveFamilies(votesOf(JOINT_TASKS_MIN - 1, walsh(0), walsh(1))), undefined);
    const seldom = (task: number) => (task % 4 === 0 ? walsh(2)(task) : undefined);
    assert.equal(effectiveFamilies(votesOf(TASKS, walsh(0), seldom)), undefined);
    assert.equal(effectiveFamilies(votesOf(TASKS, walsh(0), () => 1)), undefined);
  });

  it('is one of a single family, whatever it says', () => {
    assert.equal(effectiveFamilies(votesOf(1, () => 1)), 1);
  });

  it('lies between one and the number of families, whatever they vote', () => {
    const task = fc.tuple(fc.constantFrom(-1, 0, 1), fc.constantFrom(-1, 0, 1), fc.constantFrom(-1, 0, 1));
    fc.assert(
      fc.property(fc.array(task, { minLength: JOINT_TASKS_MIN, maxLength: 80 }), (rows) => {
        const effective = effectiveFamilies(
          votesOf(rows.length, ...[0, 1, 2].map((at) => (row: number) => rows[row]![at])),
        );
        if (effective !== undefined) assert.ok(effective > 1 - 1e-9 && effective < 3 + 1e-9, `${effective}`);
      }),
      { numRuns: 200 },
    );
  });
});
