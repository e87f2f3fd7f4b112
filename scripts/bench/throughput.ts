import { Decisions } from './decisions.ts';
import { closedLoad, type Loaded, openLoad } from './load.ts';
import type { BenchOptions, Row, Table } from './measures.ts';
import { BenchNet } from './net.ts';

/** A load that a network should bear without queues. */
const STEADY_SHARE = 0.7;

/** Agreed tasks a second, durable on every node, with a growing number under way; then at 70% of the most. */
export async function throughput(options: BenchOptions): Promise<Table> {
  const table: Table = {};
  for (const count of options.validators.filter((n) => n <= 7)) {
    const rows = await ofNetwork(count, options);
    for (const [name, row] of Object.entries(rows)) table[`n = ${count}, ${name}`] = row;
  }
  return table;
}

async function ofNetwork(nodes: number, { seconds, inFlight: steps }: BenchOptions): Promise<Table> {
  const net = await BenchNet.start(nodes);
  const decisions = await Decisions.follow(net, nodes);
  try {
    const load = { net, decisions, nodes, seconds };
    const table: Table = {};
    let most = 0;
    for (const inFlight of steps) {
      const loaded = await closedLoad({ ...load, inFlight });
      most = Math.max(most, loaded.perSecond);
      table[`${inFlight} in flight`] = rowOf(loaded);
    }
    table['70% of the most'] = rowOf(await openLoad({ ...load, rate: Math.max(1, STEADY_SHARE * most) }));
    return table;
  } finally {
    await decisions.stop();
    await net.stop();
  }
}

function rowOf({ tasks, perSecond, p50Ms, p99Ms }: Loaded): Row {
  return { 'tasks a second': perSecond, 'p50 ms': p50Ms, 'p99 ms': p99Ms, tasks };
}
