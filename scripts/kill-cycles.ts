/**
 * `node scripts/kill-cycles.ts --cycles N --seed S`: a devnet under load whose validators are killed with kill -9 and
 * revived at random, then checked: no contradictory signature, no acknowledged task without its result, no result lost,
 * the same core bytes everywhere. Prints a table of figures; exit 1 if a check failed. The seed fixes who is killed when;
 * the machine's own timing stays free.
 */
import { parseArgs } from 'node:util';
import type { ConsensusResult } from '../src/protocol/consensus-result.ts';
import { isAlive, LocalDevnet, pheme, until } from './local-devnet.ts';
import { seededRandom } from './seeded-random.ts';

const { values } = parseArgs({ options: { cycles: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } } });
const cycles = Number(values.cycles);
const seed = Number(values.seed);
if (!Number.isInteger(cycles) || cycles < 1 || !Number.isInteger(seed)) throw new Error('give --cycles N and --seed S as whole numbers');

/** Tasks that are submitted between two cycles. */
const TASKS_PER_CYCLE = 4;
/** What a killed node misses, at most. */
const DOWN_MS_MAX = 1500;
/** Every task decides in this time once all nodes are back. */
const SETTLE_TIMEOUT_MS = 120_000;
const VALIDATORS = [0, 1, 2, 3];

const random = seededRandom(seed);
const startedMs = performance.now();
const devnet = await LocalDevnet.start();
process.on('SIGINT', () => void devnet.stop().then(() => process.exit(130)));
try {
  const figures = await run();
  console.table(figures);
  process.exitCode = figures['failed checks'] === 0 ? 0 : 1;
} finally {
  await devnet.stop();
}

async function run(): Promise<Record<string, number>> {
  const acknowledged = new Set<string>();
  const decidedEarly = new Map<string, string>();
  let refused = 0;
  let kills = 0;
  for (let cycle = 0; cycle < cycles; cycle++) {
    const load = submitMany(cycle, acknowledged).then((count) => {
      refused += count;
    });
    kills += await killAndRevive();
    await load;
    await noteResults(acknowledged, decidedEarly);
    process.stderr.write(`cycle ${cycle + 1} of ${cycles}: ${kills} kills, ${acknowledged.size} tasks, ${decidedEarly.size} decided\n`);
  }
  const checks = await check(acknowledged, decidedEarly);
  return {
    seed,
    cycles,
    kills,
    'tasks acknowledged': acknowledged.size,
    'submissions refused': refused,
    ...checks,
    'failed checks': Object.values(checks).reduce((sum, count) => sum + count, 0),
    seconds: Math.round((performance.now() - startedMs) / 1000),
  };
}

/** Submits this cycle's tasks at random nodes; gives how many were refused, since a killed node takes none. */
async function submitMany(cycle: number, acknowledged: Set<string>): Promise<number> {
  const answers = Array.from({ length: TASKS_PER_CYCLE }, async (_, at) => {
    await sleep(random() * DOWN_MS_MAX);
    const taskId = await submit(pick(VALIDATORS), taskOf(cycle * TASKS_PER_CYCLE + at)).catch(() => undefined);
    if (taskId !== undefined) acknowledged.add(taskId);
    return taskId;
  });
  return (await Promise.all(answers)).filter((taskId) => taskId === undefined).length;
}

async function submit(index: number, task: unknown): Promise<string> {
  const { taskId } = await devnet.call<{ taskId: string }>(index, 'pheme_submitTask', { task });
  return taskId;
}

/** Kills one node, sometimes a second, at a random moment, and revives them. */
async function killAndRevive(): Promise<number> {
  const first = pick(VALIDATORS);
  const second = (first + 1 + Math.floor(random() * 3)) % 4;
  const victims = random() < 0.3 ? [first, second] : [first];
  const down = victims.map(async (index) => {
    await sleep(random() * DOWN_MS_MAX);
    await devnet.kill(index);
    await sleep(random() * DOWN_MS_MAX);
    await devnet.revive(index);
  });
  await Promise.all(down);
  return victims.length;
}

/** Remembers what a node has reported as decided: it must never be lost or differ afterwards. */
async function noteResults(acknowledged: ReadonlySet<string>, decided: Map<string, string>): Promise<void> {
  for (const taskId of acknowledged) {
    if (decided.has(taskId)) continue;
    const result = await resultAt(pick(VALIDATORS), taskId);
    if (result !== null) decided.set(taskId, result.core);
  }
}

function resultAt(index: number, taskId: string): Promise<ConsensusResult | null> {
  return devnet.call(index, 'pheme_getResult', { taskId });
}

/** Counts of what must not be; all zero in a good run. */
async function check(acknowledged: ReadonlySet<string>, decided: ReadonlyMap<string, string>): Promise<Record<string, number>> {
  const dead = VALIDATORS.filter((index) => !isAlive(devnet.pidOf(index))).length;
  const undecided = await countWhere([...acknowledged], async (taskId) => {
    const complete = async () => (await Promise.all(VALIDATORS.map((index) => resultAt(index, taskId)))).every((result) => result !== null);
    return until(complete, SETTLE_TIMEOUT_MS).then(
      () => false,
      () => true,
    );
  });
  const differing = await countWhere([...acknowledged], async (taskId) => {
    const cores = await Promise.all(VALIDATORS.map(async (index) => (await resultAt(index, taskId))?.core));
    return new Set([...cores, decided.get(taskId) ?? cores[0]]).size !== 1;
  });
  const evidence = await Promise.all(VALIDATORS.map((index) => devnet.call<unknown[]>(index, 'pheme_getEvidence', { limit: 1000 })));
  const unverified = await countWhere([...acknowledged], async (taskId) => {
    const input = JSON.stringify(await resultAt(pick(VALIDATORS), taskId));
    return (await pheme(['verify', '-', '--network', devnet.genesis], { input })).code !== 0;
  });
  return {
    'nodes not running': dead,
    'tasks without a result everywhere': undecided,
    'tasks with differing cores': differing,
    'contradictory signatures': evidence.reduce((sum, list) => sum + list.length, 0),
    'results that do not verify': unverified,
  };
}

async function countWhere<T>(items: readonly T[], isSo: (item: T) => Promise<boolean>): Promise<number> {
  let count = 0;
  for (const item of items) if (await isSo(item)) count += 1;
  return count;
}

function taskOf(number: number): unknown {
  const diff = `--- a/src/count.js\n+++ b/src/count.js\n@@ -1,3 +1,3 @@\n export function count(items) {\n-  return items.length + ${number};\n+  return items.length;\n }\n`;
  const pullRequest = { url: `https://example.org/pull/${seed}-${number}`, diff, files: ['src/count.js'] };
  return { type: 'CODE_REVIEW', pullRequest, requirements: { style: true, security: true, performance: true } };
}

function pick<T>(items: readonly T[]): T {
  return items[Math.floor(random() * items.length)]!;
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
