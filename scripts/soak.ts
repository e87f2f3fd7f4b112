/**
 * `npm run soak -- [--minutes 30] [--rate 4] [--seed 1] [--poison 0.1] [--freeze 20]`: a devnet of four processes under
 * a steady load of mixed tasks. Samples the memory of every process, and prints its peak and its growth after the first
 * third of the time, what results took over time, and whether all nodes agree. With `--poison`, this share of the tasks
 * is made to hang or crash judges; with `--freeze`, one node after the other is stopped for so many seconds, and the
 * memory of the others is what counts.
 * Exit 1 if a goal is missed; growth is judged only in runs of ten minutes and more, as shorter ones tell chance from
 * growth badly.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { parseGenesis } from '../src/protocol/genesis.ts';
import { SeededRandom } from '../test/sim/random.ts';
import { LocalDevnet } from './local-devnet.ts';
import { isAlive } from './processes.ts';
import { checkAgreement } from './soak/agreement.ts';
import { Freezer } from './soak/freezer.ts';
import { missedGoals } from './soak/goals.ts';
import { type Drawn, Load, sleep } from './soak/load.ts';
import { drawTask } from './soak/material.ts';
import { drawPoison, poisonTask } from './soak/poison.ts';
import { overTime, poisonFigures } from './soak/results.ts';
import { spreadOf } from './soak/trend.ts';
import { MemoryWatch } from './soak/watch.ts';

const SAMPLE_MS = 5_000;
/** Before the first load: what starting left is collected, and nothing waits. */
const SETTLE_MS = 5_000;
const WARM_UP_SHARE = 1 / 3;
/** Results that are compared on all nodes and verified. */
const CHECKED_MAX = 300;
const CHECK_WAIT_MS = 30_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string', default: '4' },
    seed: { type: 'string', default: '1' },
    poison: { type: 'string', default: '0' },
    freeze: { type: 'string', default: '0' },
  },
});
const [minutes, rate, seed] = [values.minutes, values.rate, values.seed].map(Number) as [number, number, number];
const [poisonShare, freezeSeconds] = [Number(values.poison), Number(values.freeze)];
if (
  !(minutes > 0 && rate > 0 && Number.isSafeInteger(seed) && poisonShare >= 0 && poisonShare <= 1 && freezeSeconds >= 0)
)
  throw new Error(
    'give --minutes and --rate above 0, --seed as a whole number, --poison from 0 to 1, --freeze in seconds',
  );

const random = new SeededRandom(seed);
const stop = new AbortController();
const devnet = await LocalDevnet.start();
process.on('SIGINT', () => stop.abort());
try {
  const figures = await run();
  console.log(JSON.stringify(figures, null, 2));
  process.exitCode = stop.signal.aborted ? 130 : figures.missed.length === 0 ? 0 : 1;
} finally {
  await devnet.stop();
}

async function run() {
  const nodes = devnet.validators.map(({ index }) => index);
  const watched = devnet.validators.map(({ index, rpc }) => ({ index, rpc, pid: devnet.pidOf(index) }));
  const watch = new MemoryWatch(watched);
  await sleep(SETTLE_MS, stop.signal);
  await watch.idle();

  const freezer = new Freezer(watched);
  const load = new Load({
    call: (index, method, params) => devnet.call(index, method, params),
    takers: () => nodes.filter((index) => index !== freezer.frozen),
    draw,
    rate,
    random,
  });
  const over = AbortSignal.any([stop.signal, AbortSignal.timeout(minutes * 60_000)]);
  const freezing = freezeSeconds === 0 ? undefined : freezer.run(freezeSeconds * 1000, over);
  const [running, watching] = [load.run(over), sampling()];
  await Promise.all([running, watching, freezing]);

  async function sampling(): Promise<void> {
    while (!over.aborted) {
      await watch.sample(load.seconds);
      process.stderr.write(`${Math.round(load.seconds)} s: ${load.done.length} decided, ${watch.latestMb()} MB\n`);
      await sleep(SAMPLE_MS, over);
    }
  }
  const memory = watch.figures(minutes * 60 * WARM_UP_SHARE);
  const genesis = parseGenesis(JSON.parse(await readFile(devnet.genesis, 'utf8')));
  const every = Math.max(1, Math.ceil(load.done.length / CHECKED_MAX));
  const taskIds = load.done.filter((_, at) => at % every === 0).map(({ taskId }) => taskId);
  const call = devnet.call.bind(devnet);
  const agreement = await checkAgreement(call, { nodes, genesis, waitMs: CHECK_WAIT_MS }, taskIds);
  const dead = watched.filter(({ pid }) => !isAlive(pid)).map(({ index }) => index);
  const figures = {
    ...{ seed, minutes, rate },
    tasks: { submitted: load.submitted, decided: load.done.length, heldBack: load.heldBack },
    failures: Object.fromEntries(load.failures),
    latencyMs: spreadOf(load.done.map(({ latencyMs }) => latencyMs)),
    latencyMsOverTime: overTime(load.done, minutes * 60),
    memory,
    ...(poisonShare === 0 ? {} : { poison: poisonFigures(load.done) }),
    ...(freezeSeconds === 0 ? {} : { frozen: freezer.figures }),
    agreement,
    nodesThatDied: dead,
  };
  return { ...figures, missed: missedGoals(figures, minutes) };
}

function draw(number: number): Drawn {
  const name = `${seed}-${number}`;
  if (!random.chance(poisonShare)) return { kind: 'ordinary', task: drawTask(random, name) };
  const kind = drawPoison(random);
  return { kind, task: poisonTask(kind, name) };
}
