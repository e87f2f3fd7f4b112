/**
 * `node scripts/hostile-peer.ts [--count 10000] [--tasks 60] [--seed 1]`: three honest validators as real processes,
 * and one that floods them with damaged and hostile messages over real Noise and Yamux as fast as it can, with a
 * validator's own key. Measures how long tasks take to be decided before and during the attack, and the memory of the
 * three. Exit 1 if one of them died, a task was not decided, or two differ.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ConsensusResult } from '../src/protocol/consensus-result.ts';
import { SeededRandom } from '../test/sim/random.ts';
import { Attacker } from './hostile/attacker.ts';
import { LocalDevnet } from './local-devnet.ts';
import { isAlive } from './processes.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '10000' },
    tasks: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
  },
});
const [count, tasks, seed] = [Number(values.count), Number(values.tasks), Number(values.seed)];
if (![count, tasks, seed].every((value) => Number.isSafeInteger(value) && value > 0))
  throw new Error('give --count, --tasks and --seed as whole numbers above 0');

const HONEST = [0, 1, 2];
/** The fourth validator: its process is killed, and its key attacks. */
const HOSTILE = 3;
/** Attacks under way at one time. */
const PARALLEL = 16;
const WAIT_MS = 60_000;

const devnet = await LocalDevnet.start();
process.on('SIGINT', () => void devnet.stop().then(() => process.exit(130)));
try {
  const figures = await run();
  console.log(JSON.stringify({ seed, ...figures }, null, 2));
  process.exitCode = figures.failures.length === 0 ? 0 : 1;
} finally {
  await devnet.stop();
}

async function run() {
  const failures: string[] = [];
  await devnet.kill(HOSTILE);
  await finality('warm', 10, failures);
  const memoryBefore = memoryMb();
  const quiet = await finality('quiet', tasks, failures);
  const attacker = await startAttacker();
  const random = new SeededRandom(seed);
  const startedMs = performance.now();
  let left = count;
  let done = false;
  const flood = Promise.all(
    Array.from({ length: PARALLEL }, async () => {
      while (left > 0 || !done) {
        left -= 1;
        await attacker.attack(random);
      }
    }),
  );
  const attacked = await finality('attacked', tasks, failures);
  done = true;
  await flood;
  const seconds = (performance.now() - startedMs) / 1000;
  const sent = Object.values(attacker.sent).reduce((sum, number) => sum + number, 0);
  await attacker.stop();
  for (const index of HONEST) if (!isAlive(devnet.pidOf(index))) failures.push(`validator ${index} died`);
  const memoryAfter = memoryMb();
  return {
    attacks: attacker.sent,
    attacksPerSecond: Math.round(sent / seconds),
    reconnects: attacker.reconnects,
    finalityMs: { quiet: spread(quiet), attacked: spread(attacked) },
    p99Ratio: Number((quantile(attacked, 0.99) / quantile(quiet, 0.99)).toFixed(2)),
    memoryMb: { before: memoryBefore, after: memoryAfter },
    failures,
  };
}

function startAttacker(): Promise<Attacker> {
  return Attacker.start({
    keyFile: join(devnet.validators[HOSTILE]!.home, 'key.json'),
    networkId: devnet.networkId,
    committeeSize: devnet.validators.length,
    targets: HONEST.map((index) => devnet.validators[index]!.p2p),
  });
}

/** Milliseconds from a task's submission to its result at the same node, one task after the other. */
async function finality(phase: string, number: number, failures: string[]): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < number; i++) {
    const index = HONEST[i % HONEST.length]!;
    const startMs = performance.now();
    try {
      const { taskId } = await devnet.call<{ taskId: string }>(index, 'pheme_submitTask', { task: taskOf(phase, i) });
      const asked = { taskId, timeoutMs: WAIT_MS };
      const result = await devnet.call<ConsensusResult>(index, 'pheme_waitForResult', asked);
      times.push(performance.now() - startMs);
      const others = await Promise.all(
        HONEST.map((at) => devnet.call<ConsensusResult>(at, 'pheme_waitForResult', asked)),
      );
      if (others.some(({ core }) => core !== result.core)) failures.push(`${phase} task ${i}: results differ`);
    } catch (error) {
      failures.push(`${phase} task ${i}: ${(error as Error).message}`);
    }
  }
  return times;
}

function taskOf(phase: string, number: number): unknown {
  const diff = `--- a/count.js\n+++ b/count.js\n@@ -1 +1 @@\n-const count = ${number};\n+const count = ${number + 1};\n`;
  const pullRequest = { url: `https://example.org/${phase}/${seed}/${number}`, diff, files: ['count.js'] };
  return { type: 'CODE_REVIEW', pullRequest, requirements: { style: true, security: true, performance: true } };
}

/** Resident memory of the honest processes, in MB. */
function memoryMb(): number[] {
  return HONEST.map((index) => {
    const status = readFileSync(`/proc/${devnet.pidOf(index)}/status`, 'utf8');
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  });
}

function quantile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function spread(times: readonly number[]): Record<string, number> {
  return { tasks: times.length, p50: Math.round(quantile(times, 0.5)), p99: Math.round(quantile(times, 0.99)) };
}
