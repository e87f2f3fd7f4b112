import assert from 'node:assert/strict';
import { ROLES } from './roles.ts';
import { drawSchedule, type Schedule } from './schedule.ts';
import { shrink } from './shrink.ts';
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

  for (const role of ROLES) {
    it(`keeps every promise beside a validator that is faulty in this way: ${role} (seed ${SEED})`, async function () {
      this.timeout(60_000);
      for (let seed = SEED; seed < SEED + 6; seed++) {
        const { violations } = await runSchedule(drawSchedule(seed, { validators: 4, faulty: 1, role }));
        assert.deepEqual(violations, [], `seed ${seed}`);
      }
    });
  }

  it('replays a seed bit by bit', async () => {
    const first = await runSchedule(drawSchedule(7));
    assert.deepEqual(await runSchedule(drawSchedule(7)), first);
  });

  for (const seed of [34, 101]) {
    it(`R29: a validator that lost its journal signs nothing that it heard of in its probation (seed ${seed})`, async function () {
      this.timeout(60_000);
      const { violations } = await runSchedule(drawSchedule(seed));
      assert.deepEqual(violations, []);
    });
  }

  for (const [seed, lost] of [
    [2_001_423, 'what it heard of, by a crash after its probation'],
    [2_002_051, 'the same, before the probation was over'],
    [2_003_746, 'the witnesses of a locked value, by a crash of everybody who held them'],
  ] as const) {
    it(`R16, R29: keeps every promise where a validator loses ${lost} (seed ${seed})`, async function () {
      this.timeout(60_000);
      const { violations } = await runSchedule(drawSchedule(seed));
      assert.deepEqual(violations, []);
    });
  }

  it('R4: keeps every promise where what a validator closed on is lost, and cannot commit any more (seed 125)', async function () {
    this.timeout(60_000);
    const { violations } = await runSchedule(drawSchedule(125, { validators: 4 }));
    assert.deepEqual(violations, []);
  });

  it('is not blind: with F+1 twins on both sides of a partition it sees two decisions', async () => {
    const { violations } = await runSchedule(splitBrain());
    assert.ok(
      violations.some((violation) => violation.includes('decided another core')),
      violations.join('\n'),
    );
  });
  it('shrinks a schedule that fails to what it cannot fail without', async function () {
    this.timeout(60_000);
    const failing: Schedule = {
      ...splitBrain(),
      links: { loss: 0.01, duplication: 0.1, delayMsMax: 5, stragglerMs: 5 },
      crashes: [{ atMs: 11_500, node: 0, downMs: 20 }],
    };
    const fails = async (candidate: Schedule) => (await runSchedule(candidate)).violations.length > 0;
    const least = await shrink(failing, fails);
    assert.deepEqual(await fails(least), true);
    assert.deepEqual([least.crashes, least.links.loss, least.links.duplication, least.tasks], [[], 0, 0, 1]);
    assert.equal(least.partitions.length, 1, 'without the partition nothing fails');
    assert.equal(least.faulty.length, 2, 'nor with one pair of twins');
  });
});

/** Two of four validators run twice; each half of the network holds one honest validator and one half of every twin. */
function splitBrain(): Schedule {
  const quiet = drawSchedule(1, { validators: 4, faulty: 0 });
  return {
    ...quiet,
    weights: [1, 1, 1, 1],
    faulty: [
      { validator: 2, role: 'twins' },
      { validator: 3, role: 'twins' },
    ],
    tasks: 2,
    everywhere: true,
    links: { loss: 0, duplication: 0, delayMsMax: 5, stragglerMs: 5 },
    disk: { writeMsMax: 1, failure: 0 },
    judges: { disagreement: 0, failure: 0, slowMsMax: 20, confidenceMin: 0.8 },
    ambushRound: null,
    targeted: null,
    muzzled: null,
    crashes: [],
    crashPoints: [],
    // Nodes in order: 0a 1a 2a 2b 3a 3b. Until the calm the halves do not hear each other.
    partitions: [{ atMs: 0, forMs: 11_000, groups: [0, 1, 0, 1, 0, 1], oneWay: false }],
  };
}
