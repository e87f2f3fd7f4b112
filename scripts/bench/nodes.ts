import { setTimeout as delay } from 'node:timers/promises';
import { pheme, until } from '../processes.ts';
import { residentMb } from '../soak/memory.ts';
import { Decisions } from './decisions.ts';
import { openLoad } from './load.ts';
import { type BenchOptions, quantile, type Row, type Table, timed } from './measures.ts';
import { BenchNet } from './net.ts';
import { taskMaker } from './tasks.ts';

const VALIDATORS = 4;
const BATCH = 50;
const RESULTS = 10_000;
const OPEN_TASKS = 10_000;
/** Tasks under way while results are made for the sync. */
const MAKING = 1_000;
const RPC_RATE = 500;
const TASKS_RATE = 20;
const SETTLE_MS = 5_000;
const STARTS = 5;
const SYNC_WAIT_MS = 600_000;

/** How long an empty node takes to hold 10,000 results that its peers have. */
export async function sync({ samples }: BenchOptions): Promise<Table> {
  const wanted = Math.min(RESULTS, 50 * samples);
  const net = await BenchNet.start(VALIDATORS, { running: VALIDATORS - 1 });
  const decisions = await Decisions.follow(net, VALIDATORS - 1);
  try {
    const make = taskMaker();
    for (let made = 0; made < wanted; made += MAKING) {
      const ids = await submitAll(net, Math.min(MAKING, wanted - made), make, VALIDATORS - 1);
      await Promise.all(ids.map((id) => decisions.everywhere(id)));
    }
    const startMs = performance.now();
    const empty = VALIDATORS - 1;
    net.launch(empty);
    await net.untilReady(empty, '/livez');
    const liveMs = performance.now() - startMs;
    await until(async () => (await resultsOf(net, empty)) >= wanted, SYNC_WAIT_MS);
    const seconds = (performance.now() - startMs) / 1000;
    return {
      'into an empty node': { results: wanted, seconds, 'of it start s': liveMs / 1000, 'a second': wanted / seconds },
    };
  } finally {
    await decisions.stop();
    await net.stop();
  }
}

async function resultsOf(net: BenchNet, index: number): Promise<number> {
  const { results } = await net.call<{ results: number }>(index, 'pheme_status');
  return results;
}

async function submitAll(net: BenchNet, count: number, make: () => object, nodes: number): Promise<string[]> {
  const ids: string[] = [];
  for (let sent = 0, turn = 0; sent < count; sent += BATCH, turn++)
    ids.push(...(await net.submit(turn % nodes, Array.from({ length: Math.min(BATCH, count - sent) }, make))));
  return ids;
}

/** Reading calls, one after another, at rest; then at a steady rate while tasks are decided. */
export async function rpc({ seconds, samples }: BenchOptions): Promise<Table> {
  const net = await BenchNet.start(VALIDATORS);
  const decisions = await Decisions.follow(net, VALIDATORS);
  try {
    const [taskId] = await net.submit(0, [taskMaker()()]);
    await decisions.everywhere(taskId!);
    const calls = {
      status: () => net.call(0, 'pheme_status'),
      getResult: () => net.call(0, 'pheme_getResult', { taskId }),
    };
    const table: Table = {};
    for (const [name, call] of Object.entries(calls)) {
      const { perSecond, timesMs } = await timed(samples, call);
      table[`${name}, one at a time`] = callRow(perSecond, timesMs);
      const load = openLoad({ net, decisions, nodes: VALIDATORS, seconds, rate: TASKS_RATE });
      const { rate, timesMs: steadyMs } = await atRate(seconds, call);
      await load;
      table[`${name}, at ${RPC_RATE} a second beside ${TASKS_RATE} tasks a second`] = callRow(rate, steadyMs);
    }
    return table;
  } finally {
    await decisions.stop();
    await net.stop();
  }
}

function callRow(perSecond: number, timesMs: readonly number[]): Row {
  return { 'a second': perSecond, 'p50 ms': quantile(timesMs, 0.5), 'p99 ms': quantile(timesMs, 0.99) };
}

async function atRate(seconds: number, call: () => Promise<unknown>) {
  const timesMs: number[] = [];
  const pending: Promise<void>[] = [];
  const startMs = performance.now();
  for (let sent = 0; performance.now() - startMs < seconds * 1000; sent++) {
    await delay(Math.max(0, startMs + (1000 * sent) / RPC_RATE - performance.now()));
    const oneMs = performance.now();
    pending.push(call().then(() => void timesMs.push(performance.now() - oneMs)));
  }
  await Promise.all(pending);
  return { rate: (1000 * timesMs.length) / (performance.now() - startMs), timesMs };
}

/** From the start of a process to its first answer, to readiness; and one `pheme status`. */
export async function start(): Promise<Table> {
  const net = await BenchNet.start(VALIDATORS);
  try {
    const [liveMs, readyMs]: [number[], number[]] = [[], []];
    for (let n = 0; n < STARTS; n++) {
      await net.stopNode(0);
      const startMs = performance.now();
      net.launch(0);
      await net.untilReady(0, '/livez');
      liveMs.push(performance.now() - startMs);
      await net.untilReady(0);
      readyMs.push(performance.now() - startMs);
    }
    const { timesMs } = await timed(STARTS, () => pheme(['status', '--home', net.validators[0]!.home]));
    const row = (times: number[]) => ({ 'p50 ms': quantile(times, 0.5), 'most ms': Math.max(...times), times: STARTS });
    return { 'to the first answer': row(liveMs), 'to ready': row(readyMs), 'pheme status': row(timesMs) };
  } finally {
    await net.stop();
  }
}

/** Resident memory of one node at rest, and with tasks that cannot be decided as too few nodes run. */
export async function memory({ samples }: BenchOptions): Promise<Table> {
  const tasks = Math.min(OPEN_TASKS, 50 * samples);
  const net = await BenchNet.start(VALIDATORS, { running: 1, awaited: '/livez' });
  try {
    await delay(SETTLE_MS);
    const idleMb = residentMb(net.pidOf(0));
    await submitAll(net, tasks, taskMaker(), 1);
    await delay(SETTLE_MS);
    const openMb = residentMb(net.pidOf(0));
    return {
      idle: { 'RSS MB': idleMb },
      [`${tasks} open tasks`]: {
        'RSS MB': openMb,
        'more MB': openMb - idleMb,
        'KB a task': (1000 * (openMb - idleMb)) / tasks,
      },
    };
  } finally {
    await net.stop();
  }
}
