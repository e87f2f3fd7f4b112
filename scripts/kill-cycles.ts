/**
 * `node scripts/kill-cycles.ts --cycles N --seed S`: a devnet under load whose validators are killed with kill -9 and
 * revived at random, then checked: no contradictory signature, no acknowledged task without its result, no result lost,
 * the same core bytes everywhere. Prints a table of figures; exit 1 if a check failed. The seed fixes who is killed when,
 * and what is submitted where; the machine's own timing stays free.
 */
import { parseArgs } from 'node:util';
import type { ConsensusResult } from '../src/protocol/consensus-result.ts';
import { SeededRandom } from '../test/sim/random.ts';
import { LocalDevnet } from './local-devnet.ts';
import { isAlive, pheme, until } from './processes.ts';

const { values } = parseArgs({
  options: { cycles: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
});
const cycles = Number(values.cycles);
const seed = Number(values.seed);
if (!Number.isInteger(cycles) || cycles < 1 || !Number.isInteger(seed))
  throw new Error('give --cycles N and --seed S as whole numbers');

/** Tasks that are submitted between two cycles. */
const TASKS_PER_CYCLE = 4;
/** What a killed node misses, at most. */
const DOWN_MS_MAX = 1500;
/** Every task decides in this time once all nodes are back. */
const SETTLE_TIMEOUT_MS = 120_000;
const VALIDATORS = [0, 1, 2, 3];

const random = new SeededRandom(seed);
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

/** What happens in one cycle; drawn before it begins, so that no timing changes what the seed gives. */
interface Cycle {
  submissions: { index: number; delayMs: number; task: unknown }[];
  kills: { index: number; delayMs: number; downMs: number }[];
}

function drawCycle(cycle: number): Cycle {
  const submissions = Array.from({ length: TASKS_PER_CYCLE }, (_, at) => {
    return {
      index: random.pick(VALIDATORS),
      delayMs: random.integer(0, DOWN_MS_MAX),
      task: taskOf(cycle * TASKS_PER_CYCLE + at),
    };
  });
  const first = random.pick(VALIDATORS);
  const second = (first + random.integer(1, 3)) % 4;
  const victims = random.chance(0.3) ? [first, second] : [first];
  const kills = victims.map((index) => ({
    index,
    delayMs: random.integer(0, DOWN_MS_MAX),
    downMs: random.integer(0, DOWN_MS_MAX),
  }));
  return { submissions, kills };
}

async function run(): Promise<Record<string, number>> {
  const acknowledged = new Set<string>();
  const decidedEarly = new Map<string, string>();
  let refused = 0;
  let kills = 0;
  for (let number = 0; number < cycles; number++) {
    const cycle = drawCycle(number);
    const [taskIds] = await Promise.all([
      Promise.all(cycle.submissions.map(submit)),
      Promise.all(cycle.kills.map(killAndRevive)),
    ]);
    for (const taskId of taskIds) if (taskId !== undefined) acknowledged.add(taskId);
    refused += taskIds.filter((taskId) => taskId === undefined).length;
    kills += cycle.kills.length;
    await noteResults(acknowledged, decidedEarly);
    process.stderr.write(
      `cycle ${number + 1} of ${cycles}: ${kills} kills, ${acknowledged.size} tasks, ${decidedEarly.size} decided\n`,
    );
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

/** The id, or undefined if the node is down. */
async function submit({ index, delayMs, task }: Cycle['submissions'][number]): Promise<string | undefined> {
  await sleep(delayMs);
  return devnet.call<{ taskId: string }>(index, 'pheme_submitTask', { task }).then(
    ({ taskId }) => taskId,
    () => undefined,
  );
}

async function killAndRevive({ index, delayMs, downMs }: Cycle['kills'][number]): Promise<void> {
  await sleep(delayMs);
  await devnet.kill(index);
  await sleep(downMs);
  await devnet.revive(index);
}

/** Remembers what a node has reported as decided: it must never be lost or differ afterwards. */
async function noteResults(acknowledged: ReadonlySet<string>, decided: Map<string, string>): Promise<void> {
  for (const taskId of acknowledged) {
    if (decided.has(taskId)) continue;
    const result = await resultAt(random.pick(VALIDATORS), taskId);
    if (result !== null) decided.set(taskId, result.core);
  }
}

function resultAt(index: number, taskId: string): Promise<ConsensusResult | null> {
  return devnet.call(index, 'pheme_getResult', { taskId });
}

/** Counts of what must not be; all zero in a good run. */
async function check(
  acknowledged: ReadonlySet<string>,
  decided: ReadonlyMap<string, string>,
): Promise<Record<string, number>> {
  const dead = VALIDATORS.filter((index) => !isAlive(devnet.pidOf(index))).length;
  const undecided = await countWhere([...acknowledged], async (taskId) => {
    const complete = async () =>
      (await Promise.all(VALIDATORS.map((index) => resultAt(index, taskId)))).every((result) => result !== null);
    return until(complete, SETTLE_TIMEOUT_MS).then(
      () => false,
      () => true,
    );
  });
  const differing = await countWhere([...acknowledged], async (taskId) => {
    const cores = await Promise.all(VALIDATORS.map(async (index) => (await resultAt(index, taskId))?.core));
    return new Set([...cores, decided.get(taskId) ?? cores[0]]).size !== 1;
  });
  const evidence = await Promise.all(
    VALIDATORS.map((index) => devnet.call<unknown[]>(index, 'pheme_getEvidence', { limit: 1000 })),
  );
  const unverified = await countWhere([...acknowledged], async (taskId) => {
    const input = JSON.stringify(await resultAt(random.pick(VALIDATORS), taskId));
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

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
