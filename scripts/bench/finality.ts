import { setTimeout as delay } from 'node:timers/promises';
import { Decisions } from './decisions.ts';
import { measureFloor } from './floor.ts';
import { type BenchOptions, quantile, type Row, ratio, type Table } from './measures.ts';
import { BenchNet } from './net.ts';
import { taskMaker } from './tasks.ts';

interface Explanation {
  timeline: { at: string; event: string }[];
}

const WARM = 5;
/** Between two tasks: the network rests, and repeats of the last one are over. */
const PAUSE_MS = 50;
/** Commit, close, reveal, proposal, prevote, precommit: each one hop, and one synced write before it. */
const STEPS = 6;

/**
 * From the last judgement (by the timelines of all nodes, on one machine's clock) to the moment at which the last node
 * told that the result is durable.
 */
export async function finality(options: BenchOptions): Promise<Table> {
  const { hopP50Ms, writeP50Ms } = await measureFloor(options);
  const floorMs = STEPS * (hopP50Ms + writeP50Ms);
  const table: Table = { floor: { 'p50 ms': floorMs, 'one hop ms': hopP50Ms, 'synced write ms': writeP50Ms } };
  for (const count of options.validators) table[`n = ${count}`] = await atRest(count, options.samples, floorMs);
  return table;
}

async function atRest(count: number, samples: number, floorMs: number): Promise<Row> {
  const net = await BenchNet.start(count);
  const decisions = await Decisions.follow(net, count);
  try {
    const finalMs: number[] = [];
    const wholeMs: number[] = [];
    const make = taskMaker();
    for (let n = 0; n < WARM + samples; n++) {
      const sentMs = Date.now();
      const [taskId] = await net.submit(n % count, [make()]);
      await decisions.everywhere(taskId!);
      const endMs = decisions.allAtMs.get(taskId!)!;
      const judgedMs = await lastJudgement(net, taskId!);
      if (n >= WARM) {
        finalMs.push(endMs - judgedMs);
        wholeMs.push(endMs - sentMs);
      }
      await delay(PAUSE_MS);
    }
    const p50 = quantile(finalMs, 0.5);
    const row = { 'p50 ms': p50, 'p99 ms': quantile(finalMs, 0.99), 'with submission p50 ms': quantile(wholeMs, 0.5) };
    return { ...row, 'times the floor': ratio(p50, floorMs), tasks: samples };
  } finally {
    await decisions.stop();
    await net.stop();
  }
}

/** Unix milliseconds at which the slowest of all nodes had its judgement. */
async function lastJudgement(net: BenchNet, taskId: string): Promise<number> {
  const times = net.validators.map(async ({ index }) => {
    const { timeline } = await net.call<Explanation>(index, 'pheme_explain', { taskId });
    const judged = timeline.find(({ event }) => event === 'judged');
    return judged === undefined ? 0 : Date.parse(judged.at);
  });
  return Math.max(...(await Promise.all(times)));
}
