import { parseArgs } from 'node:util';
import { ROLES, type Role } from '../test/sim/roles.ts';
import { drawSchedule, type Schedule } from '../test/sim/schedule.ts';
import { shrink } from '../test/sim/shrink.ts';
import { runSchedule } from '../test/sim/world.ts';

/**
 * Runs random schedules on the real engine and core, and counts broken promises.
 * Usage: npm run sim -- --count 1000 --seed 1 [--validators 4] [--faulty 1] [--role split]
 * One seed is one schedule: the same seed replays it bit by bit.
 */

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    validators: { type: 'string' },
    faulty: { type: 'string' },
    role: { type: 'string' },
  },
});

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`--${name} must be a whole number, got ${text}`);
  process.exit(2);
}

function roleOf(name: string): Role {
  const role = ROLES.find((candidate) => candidate === name);
  if (role !== undefined) return role;
  console.error(`--role must be one of ${ROLES.join(', ')}, got ${name}`);
  process.exit(2);
}

const count = wholeNumber('count', values.count);
const firstSeed = wholeNumber('seed', values.seed);
const limits = {
  ...(values.validators === undefined ? {} : { validators: wholeNumber('validators', values.validators) }),
  ...(values.faulty === undefined ? {} : { faulty: wholeNumber('faulty', values.faulty) }),
  ...(values.role === undefined ? {} : { role: roleOf(values.role) }),
};

console.log(`SEED ${firstSeed}, ${count} schedules`);
Error.stackTraceLimit = 0; // a trace for every simulated time-out would cost a tenth of the time
const startMs = performance.now();
const totals = { schedules: 0, violations: 0, events: 0, leaves: 0, decisions: 0 };
const outcomes: Record<string, number> = {};
for (let seed = firstSeed; seed < firstSeed + count; seed++) {
  const outcome = await runSchedule(drawSchedule(seed, limits));
  totals.schedules += 1;
  totals.events += outcome.events;
  totals.leaves += outcome.leaves;
  totals.decisions += outcome.decisions;
  for (const [name, number] of Object.entries(outcome.outcomes)) outcomes[name] = (outcomes[name] ?? 0) + number;
  if (outcome.violations.length === 0) continue;
  totals.violations += 1;
  console.log(`seed ${seed}: ${outcome.violations.slice(0, 5).join('; ')}`);
  console.log(`  replay: npm run sim -- --seed ${seed} --count 1${replayFlags()}`);
  const fails = async (candidate: Schedule) => (await runSchedule(candidate)).violations.length > 0;
  console.log(`  smallest that fails: ${JSON.stringify(await shrink(drawSchedule(seed, limits), fails))}`);
}
const seconds = (performance.now() - startMs) / 1000;
console.log(
  JSON.stringify({
    ...totals,
    outcomes,
    seconds: Math.round(seconds),
    schedulesPerSecond: Math.round(count / seconds),
  }),
);
process.exitCode = totals.violations === 0 ? 0 : 1;

function replayFlags(): string {
  return Object.entries(limits)
    .map(([name, value]) => ` --${name} ${value}`)
    .join('');
}
