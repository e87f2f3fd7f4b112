/**
 * `npm run chaos -- [--minutes M | --count N] [--seed S] [--only kill,restart,freeze,wipe,damage]`: a devnet of real
 * processes under load whose validators are killed, restarted, frozen, robbed of their database and damaged at random,
 * then checked: no contradictory signature, no acknowledged task without its result, no result lost, the same core
 * bytes everywhere, every one verified offline. Prints figures; exit 1 if a check failed. The seed fixes what happens
 * to whom when, and what is submitted where; the machine's own timing stays free.
 */
import { parseArgs } from 'node:util';
import { SeededRandom } from '../test/sim/random.ts';
import { Ledger } from './chaos/checks.ts';
import { drawPerturbation, type Kind, PERTURBATIONS, perturb, resultIn, sleep } from './chaos/perturbations.ts';
import { LocalDevnet } from './local-devnet.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    count: { type: 'string' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: PERTURBATIONS.join(',') },
  },
});
const seed = Number(values.seed);
const count = Number(values.count ?? (values.minutes === undefined ? 10 : Number.MAX_SAFE_INTEGER));
const untilMs = performance.now() + Number(values.minutes ?? Number.POSITIVE_INFINITY) * 60_000;
const kinds = values.only.split(',').map((name) => {
  const kind = PERTURBATIONS.find((known) => known === name);
  if (kind === undefined) throw new Error(`--only: ${name} is not one of ${PERTURBATIONS.join(', ')}`);
  return kind;
});
if (!Number.isInteger(seed) || !(count >= 1) || Number.isNaN(untilMs))
  throw new Error('give --minutes, --count and --seed as numbers');

/** Tasks that are submitted around each perturbation. */
const TASKS_EACH = 4;
const TASK_DELAY_MS_MAX = 1_500;
const PROBE_TIMEOUT_MS = 120_000;

const random = new SeededRandom(seed);
const startedMs = performance.now();
const devnet = await LocalDevnet.start();
process.on('SIGINT', () => void devnet.stop().then(() => process.exit(130)));
try {
  const figures = await run();
  console.log(JSON.stringify(figures, null, 2));
  process.exitCode = figures['failed checks'] === 0 ? 0 : 1;
} finally {
  await devnet.stop();
}

async function run() {
  const ledger = new Ledger(devnet);
  const done: Partial<Record<Kind, number>> = {};
  const [readyMs, hearsMs]: [number[], number[]] = [[], []];
  for (let step = 0; step < count && performance.now() < untilMs; step++) {
    const perturbation = drawPerturbation(random, kinds, devnet.validators.length);
    const submissions = Array.from({ length: TASKS_EACH }, (_, at) => drawSubmission(step * TASKS_EACH + at));
    const [ready] = await Promise.all([
      perturb(devnet, perturbation, random),
      ...submissions.map(async ({ index, delayMs, task }) => {
        await sleep(delayMs);
        await ledger.submit(index, task);
      }),
    ]);
    readyMs.push(...ready);
    hearsMs.push(await probe(ledger, step, perturbation.victims[0]!));
    done[perturbation.kind] = (done[perturbation.kind] ?? 0) + perturbation.victims.length;
    await ledger.note(random);
    const { acknowledged, decided } = ledger;
    process.stderr.write(
      `${step + 1}: ${perturbation.kind} of ${perturbation.victims}, ${acknowledged.size} tasks, ${decided.size} decided\n`,
    );
  }
  const checks = await ledger.check(random);
  return {
    seed,
    perturbations: done,
    'tasks acknowledged': ledger.acknowledged.size,
    'submissions refused': ledger.refused,
    'ms from return to ready': spread(readyMs),
    'ms from ready to the result of a task that another took in': spread(hearsMs),
    ...checks,
    'failed checks': Object.values(checks).reduce((sum, number) => sum + number, 0),
    seconds: Math.round((performance.now() - startedMs) / 1000),
  };
}

function drawSubmission(number: number) {
  return {
    index: random.integer(0, devnet.validators.length - 1),
    delayMs: random.integer(0, TASK_DELAY_MS_MAX),
    task: taskOf(`${number}`),
  };
}

/** How long it takes until the victim, just ready again, has the result of a task that it did not take in itself. */
async function probe(ledger: Ledger, step: number, victim: number): Promise<number> {
  const beginMs = performance.now();
  const taskId = await ledger.submit((victim + 1) % devnet.validators.length, taskOf(`probe-${step}`));
  if (taskId === undefined) return Number.NaN;
  await resultIn(() => ledger.resultAt(victim, taskId), PROBE_TIMEOUT_MS);
  return performance.now() - beginMs;
}

function taskOf(name: string): unknown {
  const diff = `--- a/src/count.js\n+++ b/src/count.js\n@@ -1,3 +1,3 @@\n export function count(items) {\n-  return items.length + 1;\n+  return items.length;\n }\n`;
  const pullRequest = { url: `https://example.org/pull/${seed}-${name}`, diff, files: ['src/count.js'] };
  return { type: 'CODE_REVIEW', pullRequest, requirements: { style: true, security: true, performance: true } };
}

function spread(times: readonly number[]): Record<string, number> {
  const sorted = times.filter(Number.isFinite).sort((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { number: sorted.length, p50: at(0.5), p99: at(0.99), most: at(1) };
}
