import assert from 'node:assert/strict';
import { runEpochSchedule } from './epochs.ts';

const SCHEDULES = 60;

describe('the simulated network over epochs', function () {
  this.timeout(60_000);

  it('R36, R37: loses, contradicts and accuses nothing while its validators change', async () => {
    const decisions = [0, 0];
    for (let seed = 1; seed <= SCHEDULES; seed++) {
      const outcome = await runEpochSchedule(seed);
      assert.deepEqual(outcome.violations, [], `SEED ${seed}: npm run sim -- --epochs --seed ${seed} --count 1`);
      outcome.decisions.forEach((made, epoch) => {
        decisions[epoch]! += made;
      });
    }
    for (const [epoch, made] of decisions.entries()) assert.ok(made > SCHEDULES, `epoch ${epoch}: ${made} decisions`);
  });
});
