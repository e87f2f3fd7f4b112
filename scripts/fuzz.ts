/**
 * Throws damaged and hostile input at the real engine and the real RPC, in one process: every type of gossip message,
 * request and answer, signed by a validator's own key where that makes it go further, and every RPC method.
 * Usage: npm run fuzz -- [--count 1000] [--seed 1] [--only TEXT]
 * `--count` inputs a type. Nothing may be thrown but refusals, and after each block of attacks the three honest
 * validators must have decided every task, all in one way. The same seed replays the same inputs.
 */
import { parseArgs } from 'node:util';
import { METHODS, type MethodName } from '../src/rpc/methods.ts';
import { SeededRandom } from '../test/sim/random.ts';
import { GOSSIP_ATTACKS } from './fuzz/gossip.ts';
import { RpcTarget } from './fuzz/rpc.ts';
import { Victims } from './fuzz/victims.ts';

/** Attacks on one network of victims, and the tasks that it has meanwhile. */
const BLOCK = 500;
const SUBMIT_EVERY = 60;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    only: { type: 'string', default: '' },
  },
});
const count = wholeNumber('count', values.count);
const seed = wholeNumber('seed', values.seed);

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  console.error(`--${name} must be a whole number above 0, got ${text}`);
  process.exit(2);
}

const failures: string[] = [];
/** Of the type that is tried. */
let accepted = 0;
process.on('unhandledRejection', (error) => failures.push(`unhandled: ${(error as Error).stack}`));

async function gossipBlock(name: string, blockSeed: number, attacks: number): Promise<string[]> {
  const random = new SeededRandom(blockSeed);
  const victims = await Victims.start(random);
  for (let i = 0; i < attacks; i++) {
    if (i % SUBMIT_EVERY === 0) await victims.submit(random);
    await GOSSIP_ATTACKS[name]!(victims, random);
    if (random.chance(0.3)) await victims.pass(random.integer(0, 40));
  }
  accepted += victims.accepted;
  return victims.settle();
}

async function rpcBlock(method: MethodName, blockSeed: number, attacks: number): Promise<string[]> {
  const random = new SeededRandom(blockSeed);
  const target = new RpcTarget();
  const faults: string[] = [];
  for (let i = 0; i < attacks; i++) {
    const fault = await target.attack(method, random);
    if (fault !== undefined) faults.push(fault);
  }
  return faults;
}

async function run(name: string, block: (blockSeed: number, attacks: number) => Promise<string[]>): Promise<void> {
  if (!name.includes(values.only)) return;
  const startMs = performance.now();
  accepted = 0;
  let faults = 0;
  for (let done = 0; done < count; done += BLOCK) {
    const blockSeed = seed + done;
    const found = await block(blockSeed, Math.min(BLOCK, count - done));
    faults += found.length;
    for (const fault of found.slice(0, 3)) failures.push(`${name}, seed ${blockSeed}: ${fault}`);
  }
  const seconds = (performance.now() - startMs) / 1000;
  const read = accepted > 0 ? `, ${accepted} accepted` : '';
  console.log(`${name.padEnd(22)} ${count} inputs${read}, ${faults} faults, ${Math.round(count / seconds)} a second`);
}

console.log(`SEED ${seed}`);
for (const name of Object.keys(GOSSIP_ATTACKS)) await run(name, (...block) => gossipBlock(name, ...block));
for (const method of Object.keys(METHODS) as MethodName[]) await run(method, (...block) => rpcBlock(method, ...block));
for (const failure of failures.slice(0, 20)) console.log(failure);
console.log(failures.length === 0 ? 'no faults' : `${failures.length} faults`);
process.exitCode = failures.length === 0 ? 0 : 1;
