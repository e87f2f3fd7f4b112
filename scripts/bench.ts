/**
 * `npm run bench [-- SCENARIO... --json --seconds 10 --samples 200 --validators 4,7,10,16 --in-flight 1,10,100,400]`: what the network itself
 * costs, in real processes over loopback TCP with synced databases and a judge that takes no time, beside what cannot be
 * undercut and what users might pick instead. Without a scenario all of them. The method stands in src/PERFORMANCE.md.
 */
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { finality } from './bench/finality.ts';
import { floor } from './bench/floor.ts';
import { type BenchOptions, roundedTable, type Table } from './bench/measures.ts';
import { memory, rpc, start, sync } from './bench/nodes.ts';
import { peer } from './bench/peer.ts';
import { profile } from './bench/profile.ts';
import { install, judging } from './bench/still.ts';
import { throughput } from './bench/throughput.ts';

const SCENARIOS: Record<string, (options: BenchOptions) => Promise<Table>> = {
  floor,
  finality,
  throughput,
  peer,
  judging,
  sync,
  rpc,
  start,
  memory,
  install,
  profile,
};

const { values, positionals } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '10' },
    samples: { type: 'string', default: '200' },
    validators: { type: 'string', default: '4,7,10,16' },
    'in-flight': { type: 'string', default: '1,10,100,400,1000,4000' },
  },
  allowPositionals: true,
});

const options: BenchOptions = {
  seconds: Number(values.seconds),
  samples: Number(values.samples),
  validators: values.validators.split(',').map(Number),
  inFlight: values['in-flight'].split(',').map(Number),
};
const numbers = [options.seconds, options.samples, ...options.validators, ...options.inFlight];
if (!numbers.every((number) => Number.isFinite(number) && number >= 1))
  throw new Error('give --seconds, --samples, --validators and --in-flight as numbers from 1');
const names = positionals.length > 0 ? positionals : Object.keys(SCENARIOS);
const unknown = names.find((name) => !Object.hasOwn(SCENARIOS, name));
if (unknown !== undefined)
  throw new Error(`no scenario is named ${unknown}; there are ${Object.keys(SCENARIOS).join(', ')}`);

const about = {
  commit: execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim(),
  node: process.version,
  cores: availableParallelism(),
  cpu: cpus()[0]?.model ?? 'unknown',
  memoryGb: Math.round(totalmem() / 1e9),
  at: new Date().toISOString(),
  ...options,
};
const report: Record<string, { loadBefore: number; table: Table }> = {};
if (!values.json) console.log(about);
for (const name of names) {
  const loadBefore = loadavg()[0]!;
  const table = roundedTable(await SCENARIOS[name]!(options));
  report[name] = { loadBefore, table };
  if (!values.json) {
    console.log(`${name} (load of the machine before: ${loadBefore.toFixed(1)})`);
    console.table(table);
  }
}
if (values.json) console.log(JSON.stringify({ about, scenarios: report }, null, 2));
