import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Decisions } from './decisions.ts';
import { closedLoad } from './load.ts';
import type { BenchOptions, Table } from './measures.ts';
import { BenchNet } from './net.ts';

/** The part of V8's CPU profile that is folded here. Times in microseconds. */
export interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  timeDeltas: number[];
}

const VALIDATORS = 4;
const FUNCTIONS_SHOWN = 25;
const IDLE = new Set(['(idle)', '(program)']);

/** Where the CPU time of one node of four goes at saturation: by folder or package, and by function. */
export async function profile({ seconds, inFlight }: BenchOptions): Promise<Table> {
  const net = await BenchNet.start(VALIDATORS, { profiled: 0 });
  try {
    const decisions = await Decisions.follow(net, VALIDATORS);
    try {
      for (const count of inFlight) await closedLoad({ net, decisions, nodes: VALIDATORS, seconds, inFlight: count });
    } finally {
      await decisions.stop();
    }
    await net.halt();
    const names = (await readdir(net.directory)).filter((name) => name.endsWith('.cpuprofile'));
    const sizes = await Promise.all(names.map(async (name) => readFile(join(net.directory, name), 'utf8')));
    const main = sizes.toSorted((a, b) => b.length - a.length)[0]; // a thread has one of its own, and little in it
    if (main === undefined) throw new Error('the node wrote no profile');
    return foldProfile(JSON.parse(main) as CpuProfile);
  } finally {
    await net.stop();
  }
}

/** Self time in per cent of the time that was not idle, the most first. */
export function foldProfile({ nodes, samples, timeDeltas }: CpuProfile): Table {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const [folders, functions] = [new Map<string, number>(), new Map<string, number>()];
  let busy = 0;
  samples.forEach((id, at) => {
    const { functionName, url, lineNumber } = frames.get(id)!;
    if (IDLE.has(functionName)) return;
    const micros = timeDeltas[at] ?? 0;
    busy += micros;
    const place = placeOf(url);
    add(folders, place === '' ? functionName || 'native' : place, micros);
    const line = url.startsWith('file:') ? ` (${url.split('/').at(-1)}:${lineNumber + 1})` : '';
    add(functions, `${functionName || '(anonymous)'}${line}`, micros);
  });
  const rows = (prefix: string, times: Map<string, number>) =>
    [...times]
      .toSorted((a, b) => b[1] - a[1])
      .slice(0, FUNCTIONS_SHOWN)
      .map(([name, micros]) => [`${prefix}: ${name}`, { 'self %': (100 * micros) / busy, 'self ms': micros / 1000 }]);
  return Object.fromEntries([...rows('folder', folders), ...rows('function', functions)]) as Table;
}

/** `src/engine` of own code, the package of other code, `node` of the runtime's. */
function placeOf(url: string): string {
  if (url.startsWith('node:')) return 'node';
  const found = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(url)?.[1];
  if (found !== undefined) return found;
  const own = /\/(?:dist|src)\/([a-z]+)\//.exec(url)?.[1];
  return own === undefined ? '' : `src/${own}`;
}

function add(times: Map<string, number>, name: string, micros: number): void {
  times.set(name, (times.get(name) ?? 0) + micros);
}
