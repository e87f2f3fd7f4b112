import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { addSums, addTally, emptySums, emptyTally, type Finding, type Sums, type Tally } from '../test/sim/campaign.ts';
import type { SeedRow } from '../test/sim/campaign-worker.ts';
import { runEpochSchedule } from '../test/sim/epochs.ts';
import { ROLES, type Role } from '../test/sim/roles.ts';
import type { ScheduleLimits } from '../test/sim/schedule.ts';

/**
 * Runs random schedules on the real engine and core, and counts broken promises.
 * Usage: npm run sim -- --count 1000 --seed 1 [--jobs 2] [--validators 4] [--faulty 1] [--role split] [--narrow]
 *        npm run sim -- --epochs --count 1000 --seed 1: networks that go over to another epoch while tasks are open
 * One seed is one schedule: the same seed replays it bit by bit. Ctrl-C ends it after the rows under way, and says
 * with which seed to go on.
 */

/** Seeds that a worker is given at a time: a second or so, and an end that comes soon. */
const ROW_SEEDS = 50;
const PROGRESS_MS = 30_000;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    jobs: { type: 'string', default: '1' },
    validators: { type: 'string' },
    faulty: { type: 'string' },
    role: { type: 'string' },
    narrow: { type: 'boolean' },
    epochs: { type: 'boolean' },
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
const jobs = Math.max(1, wholeNumber('jobs', values.jobs));
const limits: ScheduleLimits = {
  ...(values.validators === undefined ? {} : { validators: wholeNumber('validators', values.validators) }),
  ...(values.faulty === undefined ? {} : { faulty: wholeNumber('faulty', values.faulty) }),
  ...(values.role === undefined ? {} : { role: roleOf(values.role) }),
  ...(values.narrow === true ? { narrow: true } : {}),
};

console.log(`SEED ${firstSeed}, ${count} schedules`);
if (values.epochs === true) await runEpochs();
const startMs = performance.now();
const tally = emptyTally();
let nextSeed = firstSeed;
let stopping = false;
process.on('SIGINT', () => {
  stopping = true;
});
const progress = setInterval(() => console.error(JSON.stringify(summary(tally))), PROGRESS_MS);
await Promise.all(Array.from({ length: Math.min(jobs, Math.max(1, Math.ceil(count / ROW_SEEDS))) }, work));
clearInterval(progress);
console.log(JSON.stringify(summary(tally)));
const end = firstSeed + count;
if (nextSeed < end)
  console.log(`go on with: npm run sim -- --seed ${nextSeed} --count ${end - nextSeed} --jobs ${jobs}${replayFlags()}`);
process.exitCode = totals(tally).violations === 0 ? 0 : 1;

/** All in this thread: such a schedule is no longer than others, and a few thousand are enough. */
async function runEpochs(): Promise<never> {
  const decisions = [0, 0];
  let violations = 0;
  const beginMs = performance.now();
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const outcome = await runEpochSchedule(seed);
    outcome.decisions.forEach((made, epoch) => {
      decisions[epoch]! += made;
    });
    violations += outcome.violations.length;
    for (const violation of outcome.violations) console.error(`SEED ${seed}: ${violation}`);
  }
  const seconds = Math.round((performance.now() - beginMs) / 1000);
  console.log(JSON.stringify({ schedules: count, decisionsByEpoch: decisions, violations, seconds }));
  process.exit(violations === 0 ? 0 : 1);
}

/** Gives one worker row after row until none is left. */
async function work(): Promise<void> {
  const worker = new Worker(new URL('../test/sim/campaign-worker.ts', import.meta.url));
  const row = rowsOf(worker);
  while (!stopping && nextSeed < firstSeed + count) {
    const first = nextSeed;
    const seeds = Math.min(ROW_SEEDS, firstSeed + count - first);
    nextSeed += seeds;
    addTally(tally, await row({ first, count: seeds, limits }));
  }
  await worker.terminate();
}

/** Asks a worker for one row at a time; what it finds on the way is told at once. */
function rowsOf(worker: Worker): (row: SeedRow) => Promise<Tally> {
  let [resolve, reject]: [(tally: Tally) => void, (error: Error) => void] = [() => {}, () => {}];
  worker.on('error', (error: Error) => reject(error));
  worker.on('message', (message: { finding?: Finding; tally?: Tally }) => {
    if (message.finding !== undefined) tell(message.finding);
    if (message.tally !== undefined) resolve(message.tally);
  });
  return (row) => {
    worker.postMessage(row);
    return new Promise((done, fail) => {
      [resolve, reject] = [done, fail];
    });
  };
}

function tell({ seed, violations, smallest }: Finding): void {
  console.log(`seed ${seed}: ${violations.slice(0, 5).join('; ')}`);
  console.log(`  replay: npm run sim -- --seed ${seed} --count 1${replayFlags()}`);
  console.log(`  smallest that fails: ${JSON.stringify(smallest)}`);
}

function totals({ bySize }: Tally): Sums {
  const sums = emptySums();
  for (const one of Object.values(bySize)) addSums(sums, one);
  return sums;
}

function summary(of: Tally) {
  const { ms: _ms, ...sums } = totals(of);
  const seconds = (performance.now() - startMs) / 1000;
  const rates = Object.entries(of.bySize).map(([size, one]) => [size, Math.round((1000 * one.schedules) / one.ms)]);
  return {
    ...sums,
    outcomes: of.outcomes,
    seconds: Math.round(seconds),
    schedulesPerSecond: Math.round(sums.schedules / seconds),
    jobs,
    /** A second of one job, by the number of validators. */
    perSecondAndJob: Object.fromEntries(rates),
    rssMb: Math.round(process.memoryUsage.rss() / 2 ** 20),
  };
}

function replayFlags(): string {
  return Object.entries(limits)
    .map(([name, value]) => (value === true ? ` --${name}` : ` --${name} ${value}`))
    .join('');
}
