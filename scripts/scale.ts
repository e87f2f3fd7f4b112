/**
 * `npm run scale [-- --cost --delays --timers --sampling --validators 4,7,10,16,32,64 --tasks 200 --load 20 --seed 1]`:
 * what a network costs as it grows, what the internet's delays make of its finality, which timers suit them, and how
 * safe a sample of judges is. Without the name of a part all of them. Everything runs in one process and in virtual
 * time; what that leaves out stands in src/SCALING.md.
 */
import { parseArgs } from 'node:util';
import { roundedTable, type Table } from './bench/measures.ts';
import { cost } from './scale/cost.ts';
import { delays, timers } from './scale/delays.ts';
import { sampling } from './scale/sampling.ts';

const { values } = parseArgs({
  options: {
    cost: { type: 'boolean', default: false },
    delays: { type: 'boolean', default: false },
    timers: { type: 'boolean', default: false },
    sampling: { type: 'boolean', default: false },
    validators: { type: 'string', default: '4,7,10,16,32,64' },
    tasks: { type: 'string', default: '200' },
    load: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const validators = values.validators.split(',').map(Number);
const [tasks, load, seed] = [values.tasks, values.load, values.seed].map(Number) as [number, number, number];
if (![...validators, tasks, load, seed].every((number) => Number.isSafeInteger(number) && number >= 1))
  throw new Error('give --validators, --tasks, --load and --seed as whole numbers from 1');
if (validators.some((count) => count < 2 || count > 256)) throw new Error('--validators are from 2 to 256');

const all = !(values.cost || values.delays || values.timers || values.sampling);
const tables: Record<string, Table> = {};
if (all || values.sampling) add(sampling());
if (all || values.cost) add(await cost({ validators, pairs: 100 * tasks, load, warm: true, seed }));
// Delays do not change with the size beyond some thirty validators, and a task costs its square.
const options = { tasks, validators: validators.filter((count) => count <= 32), seed };
if (all || values.delays) add({ 'over the internet, ms': await delays(options) });
if (all || values.timers) add({ 'timers of a test network, n = 10 over the world, ms': await timers(options) });
if (values.json) console.log(JSON.stringify(tables, null, 2));

function add(made: Record<string, Table>): void {
  for (const [name, table] of Object.entries(made)) {
    tables[name] = roundedTable(table);
    if (values.json) continue;
    console.log(name);
    console.table(tables[name]);
  }
}
