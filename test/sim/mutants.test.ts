import assert from 'node:assert/strict';
import { hunt, huntEverywhere } from './mutants/hunt.ts';
import { LOCK_MUTANTS, MUTANTS } from './mutants/list.ts';
import { loadMutated } from './mutants/loader.ts';

/** Found in their first schedules: they show that the checkers see. All of them: npm run mutants. */
const QUICK = ['closes-in-an-outage', 'no-timeliness', 'upper-median', 'voter-counted-twice', 'list-not-restored'];

describe('seeded bugs', () => {
  for (const mutant of MUTANTS.filter(({ name }) => QUICK.includes(name))) {
    it(`${mutant.rule}: the simulator finds ${mutant.name}`, async function () {
      this.timeout(60_000);
      const { killed } = await hunt(mutant, 1, 25, { validators: 4 });
      assert.ok(killed);
    });
  }

  for (const mutant of LOCK_MUTANTS) {
    it(`${mutant.rule}: some run of three rounds shows ${mutant.name}`, async function () {
      this.timeout(60_000);
      assert.match((await huntEverywhere(mutant, 3)).violation, /two decisions/);
    });
  }

  it('are at least 25, each in the one place that it names', async () => {
    assert.ok(new Set([...MUTANTS, ...LOCK_MUTANTS].map(({ name }) => name)).size >= 25);
    const lost = { name: 'lost', rule: 'R1', edits: [{ file: 'src/protocol/hash.ts', find: 'nowhere', replace: '' }] };
    await assert.rejects(loadMutated(lost, 'test/sim/world.ts'), /0 places in src\/protocol\/hash.ts/);
  });
});
