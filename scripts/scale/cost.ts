import { quantile, type Row, type Table } from '../bench/measures.ts';
import { powerLawOf } from './fit.ts';
import { countingHashes } from './hashes.ts';
import { ScaleWorld } from './world.ts';

/** Every hop takes this long, so that times read as hops. */
const HOP_MS = 5;
/** What runs before anything is measured, until the compiler has seen it all. */
const WARM = { validators: 7, tasks: 250 };

const FITTED = ['frames in', 'KB in', 'requests', 'signed', 'verified', 'hashes', 'writes', 'CPU ms', 'final ms'];

export interface CostOptions {
  /** Sizes of networks. */
  validators: readonly number[];
  /** Pairs of validators that speak about a task, at rest, in all: a task has n² of them. */
  pairs: number;
  /** Tasks submitted at one moment. */
  load: number;
  /** Without it, figures of CPU time are those of a program that has just started. */
  warm: boolean;
  seed: number;
}

/** What one task costs one node, at rest and among others, and how that grows with the network. */
export async function cost(options: CostOptions): Promise<Record<string, Table>> {
  const rest: Table = {};
  const load: Table = {};
  if (options.warm) await measured(WARM.validators, WARM.tasks, 1, options.seed);
  for (const validators of options.validators) {
    const tasks = Math.max(1, Math.round(options.pairs / validators ** 2));
    rest[`n = ${validators}`] = await measured(validators, tasks, 1, options.seed);
    load[`n = ${validators}`] = await measured(validators, options.load, options.load, options.seed);
  }
  const fits = { ...fitsOf('at rest', options.validators, rest), ...fitsOf('at once', options.validators, load) };
  return { 'a task and node, at rest': rest, [`a task and node, ${options.load} at once`]: load, 'grows as n^x': fits };
}

/** Submits `together` tasks at a time, over all validators in turn; figures for one task and node. */
async function measured(validators: number, tasks: number, together: number, seed: number): Promise<Row> {
  const finalMs: number[] = [];
  const links = { jitter: 0, resent: 0 };
  const oneWayMs = uniform(validators);
  const world = await ScaleWorld.start({ oneWayMs, kind: 'devnet', links, realSignatures: true, seed });
  const startCpu = process.cpuUsage();
  const { hashes } = await countingHashes(async () => {
    for (let n = 0; n < tasks; n += together) {
      for (let i = n; i < n + together; i++) world.submit(i % validators);
      for (const { judgedMs } of await world.settle()) finalMs.push(judgedMs);
    }
  });
  const { user, system } = process.cpuUsage(startCpu);
  const counts = world.takeCounts();
  world.stop();
  const each = (sum: number) => sum / tasks / validators;
  return {
    'frames out': each(counts.framesSent),
    'frames in': each(counts.framesReceived),
    'KB in': each(counts.frameBytesReceived) / 1000,
    requests: each(counts.requestsAnswered),
    'requests KB': each(counts.requestBytes) / 1000,
    signed: each(counts.signaturesMade),
    verified: each(counts.signaturesVerified),
    hashes: each(hashes),
    writes: each(counts.syncedWrites),
    'CPU ms': each((user + system) / 1000),
    'final ms': quantile(finalMs, 0.5),
    tasks,
  };
}

function uniform(validators: number): number[][] {
  const indexes = Array.from({ length: validators }, (_, index) => index);
  return indexes.map((from) => indexes.map((to) => (from === to ? 0 : HOP_MS)));
}

function fitsOf(when: string, validators: readonly number[], table: Table): Table {
  const fits: Table = {};
  for (const column of FITTED) {
    const points = validators.map((x) => ({ x, y: table[`n = ${x}`]![column] as number }));
    const law = powerLawOf(points);
    if (law !== undefined) fits[`${column}, ${when}`] = { ...law };
  }
  return fits;
}
