/**
 * `npm run partitions -- [--count 18] [--seed 1] [--validators 4] [--only halves,flapping]`: validators as real
 * processes on hosts of their own, in network namespaces, whose network is split, muted, delayed, thinned and healed
 * under load. Prints how long after each heal every task was final everywhere, and what was found: decisions on a side
 * without a quorum, results that differ or do not verify, contradictory signatures.
 * Exit 1 if anything was, or if the 99th percentile is above the goal; 2 where namespaces cannot be made.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { parseGenesis } from '../src/protocol/genesis.ts';
import { SeededRandom } from '../test/sim/random.ts';
import { Campaign } from './partitions/campaign.ts';
import { drawFault, FAULT_KINDS, type FaultKind, isDelay } from './partitions/faults.ts';
import { Hosts } from './partitions/hosts.ts';
import { hasNetem, missingForNamespaces } from './partitions/namespaces.ts';
import { spreadOf } from './soak/trend.ts';

/** Beyond what a judge takes, which is some milliseconds here. */
const FINAL_MS_P99_MAX = 10_000;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '18' },
    seed: { type: 'string', default: '1' },
    validators: { type: 'string', default: '4' },
    only: { type: 'string', default: FAULT_KINDS.join() },
  },
});
const [count, seed, validators] = [values.count, values.seed, values.validators].map(Number) as [
  number,
  number,
  number,
];
const wanted = values.only.split(',') as FaultKind[];
if (![count, seed, validators].every((value) => Number.isSafeInteger(value) && value > 0) || validators > 50)
  throw new Error('give --count, --seed and --validators (at most 50) as whole numbers above 0');
const unknown = wanted.filter((kind) => !FAULT_KINDS.includes(kind));
if (unknown.length > 0) throw new Error(`--only: ${unknown} is none of ${FAULT_KINDS.join(', ')}`);

const missing = await missingForNamespaces();
if (missing === undefined) await main();
else {
  process.stderr.write(`partitions: ${missing}\n`);
  process.exitCode = 2;
}

async function main(): Promise<void> {
  const interrupted = new AbortController();
  const interruption = once(interrupted.signal, 'abort').then(() => undefined);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort());
  const hosts = await Hosts.start(validators);
  try {
    const figures = await (interrupted.signal.aborted ? undefined : Promise.race([run(hosts), interruption]));
    if (figures !== undefined) console.log(JSON.stringify(figures, null, 2));
    process.exitCode = figures?.missed.length === 0 ? 0 : 1;
  } finally {
    await hosts.stop();
  }
  if (interrupted.signal.aborted) process.exit(130); // what was under way has lost its hosts
}

async function run(hosts: Hosts) {
  const random = new SeededRandom(seed);
  const delays = await hasNetem(hosts.namespaces);
  const leftOut = delays ? [] : wanted.filter(isDelay);
  for (const kind of leftOut)
    process.stderr.write(`partitions: left out ${kind}: this kernel has no netem (sch_netem)\n`);
  const kinds = wanted.filter((kind) => !leftOut.includes(kind));
  const campaign = new Campaign(hosts, random, `partitions-${seed}`);
  for (let step = 0; step < count && kinds.length > 0; step++) {
    await campaign.step(drawFault(random, kinds[step % kinds.length]!, validators));
    process.stderr.write(`${step + 1}: ${JSON.stringify(campaign.steps.at(-1))}\n`);
  }
  const checks = await campaign.checks(parseGenesis(JSON.parse(await readFile(hosts.genesis, 'utf8'))));
  const finalMs = spreadOf(campaign.healMs);
  const missed = Object.entries(checks).flatMap(([what, number]) => (number === 0 ? [] : [`${number} ${what}`]));
  if (kinds.length === 0) missed.push('nothing was done: every kind was left out');
  if ((finalMs.p99 ?? 0) > FINAL_MS_P99_MAX) missed.push(`final ${finalMs.p99} ms after a heal (p99)`);
  return {
    ...{ seed, validators, leftOut },
    steps: campaign.steps,
    tasks: { acknowledged: campaign.taskIds.length, refused: campaign.refused },
    sidesWithoutQuorumWatched: campaign.sidesWatched,
    msFromHealToFinal: finalMs,
    checks,
    missed,
  };
}
