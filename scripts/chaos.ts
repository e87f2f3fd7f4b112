/**
 * `npm run chaos -- [--minutes M | --count N] [--seed S] [--only kill,restart,...] [--logs FOLDER]`: a devnet of real processes under
 * load whose validators are killed, restarted (alone and in turn), frozen, robbed of their database, damaged, given a
 * full disk, a wrong clock or a twin, then checked: no contradictory signature among all that were heard, no
 * acknowledged task without its result, no result lost, the same core bytes everywhere, every one verified offline.
 * `--only kill` kills as fast as nodes start. Prints figures as JSON; exit 1 if a check failed. The seed fixes what
 * happens to whom in which order, and what is submitted; the machine's own timing stays free.
 */
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SeededRandom } from '../test/sim/random.ts';
import { Campaign, CHAOS_TIMERS } from './chaos/campaign.ts';
import { clockFault } from './chaos/clock.ts';
import { mountFault } from './chaos/disk.ts';
import { type Kind, PERTURBATIONS } from './chaos/perturbations.ts';
import { Plan } from './chaos/plan.ts';
import { Witness } from './chaos/witness.ts';
import { LocalDevnet } from './local-devnet.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    count: { type: 'string' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: PERTURBATIONS.join(',') },
    logs: { type: 'string' },
  },
});
const seed = Number(values.seed);
const count = Number(values.count ?? (values.minutes === undefined ? 10 : Number.MAX_SAFE_INTEGER));
const durationMs = Number(values.minutes ?? Number.POSITIVE_INFINITY) * 60_000;
if (!Number.isInteger(seed) || !(count >= 1) || !(durationMs > 0))
  throw new Error('give --minutes, --count and --seed as numbers');
const kinds = await possible(values.only.split(',').map(kindOf));

const startedMs = performance.now();
const devnet = await LocalDevnet.start({ timers: CHAOS_TIMERS, smallDisks: kinds.includes('disk') });
let witness: Witness | undefined;
const stop = async () => {
  await witness?.stop();
  await devnet.stop();
};
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void stop().then(() => process.exit(130)));
try {
  witness = await Witness.join(
    devnet.genesis,
    devnet.validators.map(({ p2p }) => p2p),
  );
  const figures = await run(witness);
  console.log(JSON.stringify(figures, null, 2));
  process.exitCode = figures['failed checks'] === 0 ? 0 : 1;
} finally {
  if (values.logs !== undefined) await keepLogs(values.logs);
  await stop();
}

/** What the nodes wrote, one file each, for whoever asks why. */
async function keepLogs(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await Promise.all(
    devnet.validators.map(({ index, home }) => copyFile(join(home, 'node.log'), join(folder, `${index}.log`))),
  );
}

async function run(witness: Witness) {
  const random = new SeededRandom(seed);
  const plan = new Plan(random, kinds, devnet.validators.length);
  const campaign = new Campaign(devnet, witness, random);
  const { ledger } = campaign;
  const killsOnly = kinds.length === 1 && kinds[0] === 'kill';
  const beganMs = performance.now();
  let steps = 0;
  for (; steps < count && performance.now() < beganMs + durationMs; steps++) {
    const perturbation = killsOnly ? undefined : plan.next();
    await (perturbation === undefined ? campaign.killCycle() : campaign.perturb(perturbation));
    const what = perturbation === undefined ? 'kill' : `${perturbation.kind} of ${perturbation.victims}`;
    const seconds = Math.round((performance.now() - beganMs) / 1000);
    process.stderr.write(
      `${steps + 1}: ${what}, ${ledger.acknowledged.size} tasks, ${ledger.decided.size} decided, ${seconds} s\n`,
    );
  }
  const secondsEach = (performance.now() - beganMs) / 1000 / steps;
  const checks = {
    ...(await ledger.check()),
    'contradictory signatures heard': witness.contradictions.length,
    ...campaign.faults,
  };
  const { fromAckMs, fromHealMs } = campaign.latencies();
  return {
    seed,
    perturbations: campaign.done,
    'perturbations in all': Object.values(campaign.done).reduce((sum, number) => sum + number, 0),
    'seconds each': Math.round(secondsEach * 100) / 100,
    'tasks acknowledged': ledger.acknowledged.size,
    outcomes: ledger.outcomes,
    'submissions refused': ledger.refused,
    'signed leaves heard and compared': witness.leaves,
    'frames or parts of them refused by the witness': witness.refused,
    'rejoin: ms from the end of a perturbation to ready': spread(campaign.readyMs),
    'deaf: ms from the end of a perturbation to hearing of a new task': spread(campaign.hearsMs),
    'ms from acknowledged to final': spread(fromAckMs),
    'ms from acknowledged, or from the heal of what held it up, to final': spread(fromHealMs),
    ...checks,
    'failed checks': Object.values(checks).reduce((sum, number) => sum + number, 0),
    seconds: Math.round((performance.now() - startedMs) / 1000),
  };
}

function kindOf(name: string): Kind {
  const kind = PERTURBATIONS.find((known) => known === name);
  if (kind === undefined) throw new Error(`--only: ${name} is not one of ${PERTURBATIONS.join(', ')}`);
  return kind;
}

/** Without those for which this machine lacks something, each named; where CI is set, that is an error. */
async function possible(wanted: readonly Kind[]): Promise<Kind[]> {
  const missing = new Map<Kind, string>();
  const [clock, disk] = [clockFault(), wanted.includes('disk') ? await mountFault() : undefined];
  if (clock !== undefined) missing.set('clock', clock);
  if (disk !== undefined) missing.set('disk', disk);
  for (const kind of wanted) {
    const reason = missing.get(kind);
    if (reason === undefined) continue;
    if (process.env['CI']) throw new Error(`${kind}: ${reason}`);
    process.stderr.write(`skipped: ${kind}: ${reason}\n`);
  }
  const left = wanted.filter((kind) => !missing.has(kind));
  if (left.length === 0) throw new Error('nothing is left to do');
  return left;
}

function spread(times: readonly number[]): Record<string, number> {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { number: sorted.length, p50: at(0.5), p99: at(0.99), most: at(1) };
}
