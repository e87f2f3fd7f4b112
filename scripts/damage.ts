/**
 * `npm run damage -- [--count N] [--results N] [--seed S]`: damages copies of a database at random (bits, pages, ends,
 * whole files), opens each with the real store in a process of its own, and reads and writes everything. Prints figures
 * as JSON; exit 1 if anything wrong was served, a process died, or a database could not be used again.
 */
import { parseArgs } from 'node:util';
import { runDamages } from './damage/campaign.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    results: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
  },
});
const [count, results, seed] = [values.count, values.results, values.seed].map(Number) as [number, number, number];
if (![count, results, seed].every(Number.isInteger) || count < 1 || results < 1)
  throw new Error('give --count, --results and --seed as whole numbers');

const startedMs = performance.now();
const { damages, right, missing, harmed, whole, restarts, ...lists } = await runDamages({ count, seed, results });
for (const [name, items] of Object.entries(lists)) for (const item of items) process.stderr.write(`${name}: ${item}\n`);
const figures = {
  seed,
  damages,
  'databases harmed': harmed,
  'databases that read whole': whole,
  'values read right': right,
  'values missing, to be fetched again': missing,
  'databases with missing values and no word of it': lists.untold.length,
  'wrong values served': lists.wrong.length,
  'databases refused': lists.refused.length,
  'starts that LevelDB ended': restarts + lists.died.length,
  'databases that ended every start': lists.died.length,
  'databases that could not be used again': lists.unwritable.length,
  seconds: Math.round((performance.now() - startedMs) / 1000),
};
console.log(JSON.stringify(figures, null, 2));
process.exitCode = lists.wrong.length + lists.refused.length + lists.died.length + lists.unwritable.length > 0 ? 1 : 0;
