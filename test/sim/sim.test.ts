import assert from 'node:assert/strict';
import { drawSchedule, type Schedule } from './schedule.ts';
import { runSchedule } from './world.ts';

describe('the simulated network', () => {
  const SEED = 424_242;
  const COUNT = 40;

  for (const validators of [4, 7]) {
    it(`keeps every promise in ${COUNT} random schedules of ${validators} validators (seed ${SEED})`, async function () {
      this.timeout(60_000);
      let decisions = 0;
      for (let seed = SEED; seed < SEED + COUNT; seed++) {
        const { violations, decisions: decided } = await runSchedule(drawSchedule(seed, { validators }));
        assert.deepEqual(violations, [], `seed ${seed}`);
        decisions += decided;
      }
      assert.ok(decisions > COUNT, 'most schedules must end in decisions, or nothing was shown');
    });
  }

  it('replays a seed bit by bit', async () => {
    const first = await runSchedule(drawSchedule(7));
    assert.deepEqual(await runSchedule(drawSchedule(7)), first);
  });

  it('is not blind: with F+1 twins on both sides of a partition it sees two decisions', async () => {
    const { violations } = await runSchedule(splitBrain());
    assert.ok(
      violations.some((violation) => violation.includes('decided another core')),
      violations.join('\n'),
    );
  });
});

/** Two of four validators run twice; each half of the network holds one honest validator and one half of every twin. */
function splitBrain(): Schedule {
  const quiet = drawSchedule(1, { validators: 4, faulty: 0 });
  return {
    ...quiet,
    weights: [1, 1, 1, 1],
    twins: [2, 3],
    silent: [],
    tasks: 2,
    everywhere: true,
    links: { loss: 0, duplication: 0, delayMsMax: 5, stragglerMs: 5 },
    disk: { writeMsMax: 1, failure: 0 },
    judges: { disagreement: 0, failure: 0, slowMsMax: 20 },
    crashes: [],
    // Nodes in order: 0a 1a 2a 2b 3a 3b. Until the calm the halves do not hear each other.
    partitions: [{ atMs: 0, forMs: 11_000, groups: [0, 1, 0, 1, 0, 1], oneWay: false }],
  };
}
