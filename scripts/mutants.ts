import { parseArgs } from 'node:util';
import { type Hunt, hunt, huntEverywhere } from '../test/sim/mutants/hunt.ts';
import { LOCK_MUTANTS, MUTANTS, type Mutant } from '../test/sim/mutants/list.ts';

/**
 * Puts one seeded bug after another into the sources, as they are loaded, and lets the simulator look for it; bugs of
 * locking are looked for among all runs of three rounds.
 * Usage: npm run mutants -- [--count 60] [--seed 1] [--validators 4] [--only no-lock]
 * Without --seed the hunt for a rare one begins near the schedule that once found it.
 * Exits with 1 if a bug survives.
 */

/** Rounds in which every bug of locking shows. */
const ROUNDS = 3;
/** Of what was seen, a line. */
const WIDTH = 160;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '60' },
    seed: { type: 'string' },
    validators: { type: 'string', default: '4' },
    only: { type: 'string' },
  },
});

Error.stackTraceLimit = 0; // as in the simulator
const { only } = values;
const isChosen = ({ name }: Mutant) => only === undefined || name === only;
const chosen = [...MUTANTS, ...LOCK_MUTANTS].filter(isChosen);
if (chosen.length === 0) {
  console.error(
    `--only: there is no mutant ${only}; there are ${[...MUTANTS, ...LOCK_MUTANTS].map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}
// A mutant may fail where nobody waits for it: it is found out by what does not come of it.
process.on('unhandledRejection', () => {});

const limits = { validators: Number(values.validators) };
const firstSeed = values.seed === undefined ? null : Number(values.seed);
console.log(`SEED ${firstSeed ?? 'of each'}, at most ${values.count} schedules each, ${values.validators} validators`);
const startMs = performance.now();
let survivors = 0;
const tell = ({ rule }: Mutant, { name, killed, schedules, seed, violation }: Hunt, unit: string) => {
  if (!killed) survivors += 1;
  const where = seed === null ? '' : ` (seed ${seed})`;
  const how = killed ? `killed after ${schedules} ${unit}${where}: ${violation}` : `SURVIVED ${schedules} ${unit}`;
  console.log(`${rule.padEnd(4)} ${name}: ${how.slice(0, WIDTH)}`);
};
for (const mutant of MUTANTS.filter(isChosen))
  tell(mutant, await hunt(mutant, firstSeed, Number(values.count), limits), 'schedules');
for (const mutant of LOCK_MUTANTS.filter(isChosen)) tell(mutant, await huntEverywhere(mutant, ROUNDS), 'states');
const seconds = Math.round((performance.now() - startMs) / 1000);
console.log(JSON.stringify({ mutants: chosen.length, killed: chosen.length - survivors, survivors, seconds }));
process.exitCode = survivors === 0 ? 0 : 1;
