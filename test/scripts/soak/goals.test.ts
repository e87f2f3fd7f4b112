import assert from 'node:assert/strict';
import { missedGoals } from '../../../scripts/soak/goals.ts';

const agreement = {
  'tasks checked on all nodes': 10,
  'without a result everywhere': 0,
  'with differing cores': 0,
  'that do not verify offline': 0,
};
const figures = (peak: number, percentPer10Minutes: number) => ({
  memory: [
    {
      node: 0,
      rssMb: { idle: 120, peak, afterWarmUp: { mean: peak, most: peak, percentPer10Minutes, plusMinus: 0.1 } },
      fileMb: undefined,
      heapMb: undefined,
      externalMb: undefined,
      loopLagP99Ms: { number: 0, p50: null, p99: null, most: null },
    },
  ],
  failures: {},
  agreement,
  nodesThatDied: [],
});

describe('the goals of a soak', () => {
  it('are met by a node that is small and does not grow', () => {
    assert.deepEqual(missedGoals(figures(349, 0.9), 30), []);
  });

  it('are missed by one that is large, or grows in a run that is long enough to tell', () => {
    assert.deepEqual(missedGoals(figures(351, 0), 30), ['node 0 held 351 MB, more than 350']);
    assert.deepEqual(missedGoals(figures(300, 1.2), 30), ['node 0 grew by 1.2% in ten minutes, more than 1%']);
    assert.deepEqual(missedGoals(figures(300, 1.2), 5), []);
  });

  it('are missed by every fault of the agreement, failed call and dead node', () => {
    const missed = missedGoals(
      {
        ...figures(300, 0),
        failures: { 'no answer': 2 },
        agreement: { ...agreement, 'with differing cores': 1 },
        nodesThatDied: [3],
      },
      30,
    );
    assert.deepEqual(missed, ['no answer (2 times)', '1 tasks with differing cores', 'node 3 died']);
  });
});
