import assert from 'node:assert/strict';
import { Absences } from '../../../scripts/chaos/absences.ts';
import { PERTURBATIONS } from '../../../scripts/chaos/perturbations.ts';
import { MUTING, Plan } from '../../../scripts/chaos/plan.ts';
import { SeededRandom } from '../../sim/random.ts';

const STEPS = 2_000;

describe('the plan of a campaign', () => {
  const drawn = (seed: number) => {
    const plan = new Plan(new SeededRandom(seed), PERTURBATIONS, 4);
    return Array.from({ length: STEPS }, () => plan.next());
  };

  it('is the same for the same seed, and draws everything there is', () => {
    assert.deepEqual(drawn(7), drawn(7));
    assert.deepEqual(new Set(drawn(7).map(({ kind }) => kind)), new Set(PERTURBATIONS));
  });

  it('never takes a second fault beside a probation: not its validator, not two, no second database', () => {
    let muted: number | undefined;
    for (const { kind, victims, alone } of drawn(8)) {
      if (!alone) {
        assert.ok(!MUTING.has(kind) && kind !== 'rolling', kind);
        assert.equal(victims.length, 1);
        assert.notEqual(victims[0], muted);
      }
      assert.equal(new Set(victims).size, victims.length);
      if (MUTING.has(kind)) muted = victims[0];
    }
  });

  it('waits for the end of a probation where only such kinds are wanted', () => {
    const plan = new Plan(new SeededRandom(1), ['wipe', 'flip'], 4);
    for (let step = 0; step < 20; step++) assert.equal(plan.next().alone, true);
  });
});

describe('the absences of a campaign', () => {
  const absences = new Absences();
  absences.add({ index: 1, fromMs: 100, toMs: 200 });
  absences.add({ index: 2, fromMs: 150, toMs: 300 });
  absences.add({ index: 3, fromMs: 400, toMs: 500 });

  it('excuse a task from the time in which two were away, or its origin was', () => {
    assert.equal(absences.healedAt({ origin: 0, fromMs: 120, toMs: 350 }), 200);
    assert.equal(absences.healedAt({ origin: 2, fromMs: 120, toMs: 350 }), 300);
    assert.equal(absences.healedAt({ origin: 3, fromMs: 390, toMs: 600 }), 500);
  });

  it('do not excuse it from one that was away, nor from what came later', () => {
    assert.equal(absences.healedAt({ origin: 0, fromMs: 390, toMs: 600 }), 390);
    assert.equal(absences.healedAt({ origin: 0, fromMs: 10, toMs: 90 }), 10);
    assert.equal(absences.healedAt({ origin: 0, fromMs: 210, toMs: 390 }), 210);
  });
});
