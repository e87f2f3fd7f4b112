import assert from 'node:assert/strict';
import { runDamages } from '../../../scripts/damage/campaign.ts';

describe('damages to a copy of a database', function () {
  this.timeout(60_000);

  it('give no wrong value, and leave a database that can be used again, though LevelDB ends some starts', async () => {
    const figures = await runDamages({ count: 20, seed: 1, results: 60 });
    assert.deepEqual(figures.wrong, []);
    assert.deepEqual([figures.refused, figures.died, figures.unwritable], [[], [], []]);
    assert.ok(figures.restarts > 0, 'some damage must have ended a process, or the mending was not tried');
    assert.ok(figures.missing > 0 && figures.right > figures.missing);
  });
});
