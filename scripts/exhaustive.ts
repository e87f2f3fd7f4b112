import { parseArgs } from 'node:util';
import { search } from '../test/consensus/exhaustive/search.ts';

/**
 * Runs every possible course of a small committee on the real voting core: four validators, one of them Byzantine
 * and the proposer of every round, any deliveries, any timeouts, a restart before every step.
 * Usage: npm run exhaustive -- [--rounds 3] [--states 20000000]
 * Exits with 1 if two values can be decided, or the bound on states came first.
 */

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, states: { type: 'string', default: '20000000' } },
});

const startMs = performance.now();
const rounds = Number(values.rounds);
const { disagreement, reached, ...counts } = search({ rounds, statesMax: Number(values.states), reduction: 'facts' });
for (const move of disagreement ?? []) console.log(move);
const seconds = Math.round((performance.now() - startMs) / 1000);
console.log(
  JSON.stringify({ rounds, ...counts, combinations: reached.size, disagreement: disagreement !== null, seconds }),
);
process.exitCode = disagreement === null && !counts.cut ? 0 : 1;
