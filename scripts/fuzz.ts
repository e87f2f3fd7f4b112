/**
 * Throws damaged and hostile input at the real engine and the real RPC, in process: every type of gossip message,
 * request and answer, signed by a validator's own key where that makes it go further, and every RPC method.
 * Usage: npm run fuzz -- [--count 1000] [--seed 1] [--only TEXT] [--jobs N]
 * `--count` inputs a type. Nothing may be thrown but refusals, and after each block of attacks the three honest
 * validators must have decided every task, all in one way. The same seed replays the same inputs, with any --jobs.
 */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { BLOCK, type Block, type BlockResult, KINDS, runBlock } from './fuzz/blocks.ts';

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '1000' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
      only: { type: 'string', default: '' },
      jobs: { type: 'string', default: String(availableParallelism()) },
    },
  });
  const count = wholeNumber('count', values.count);
  const seed = wholeNumber('seed', values.seed);
  const workers = Array.from({ length: wholeNumber('jobs', values.jobs) }, () => new FuzzWorker());
  console.log(`SEED ${seed}`);
  const failures: string[] = [];
  const startMs = performance.now();
  for (const name of KINDS.filter((kind) => kind.includes(values.only)))
    failures.push(...(await runKind(name, count, seed, workers)));
  await Promise.all(workers.map((worker) => worker.stop()));
  for (const failure of failures.slice(0, 20)) console.log(failure);
  const megabytes = Math.round(process.resourceUsage().maxRSS / 1024);
  const minutes = ((performance.now() - startMs) / 60_000).toFixed(1);
  console.log(`${failures.length === 0 ? 'no' : failures.length} faults, ${minutes} minutes, at most ${megabytes} MB`);
  return failures.length === 0 ? 0 : 1;
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  console.error(`--${name} must be a whole number above 0, got ${text}`);
  process.exit(2);
}

/** All blocks of one kind, each by the next worker that is free. */
async function runKind(name: string, count: number, seed: number, workers: readonly FuzzWorker[]): Promise<string[]> {
  const startMs = performance.now();
  const failures: string[] = [];
  let [done, accepted, faults] = [0, 0, 0];
  const drain = async (worker: FuzzWorker) => {
    while (done < count) {
      const block = { name, seed: seed + done, attacks: Math.min(BLOCK, count - done) };
      done += block.attacks;
      const result = await worker.run(block);
      accepted += result.accepted;
      faults += result.faults.length;
      for (const fault of result.faults.slice(0, 3)) failures.push(`${name}, seed ${block.seed}: ${fault}`);
    }
  };
  await Promise.all(workers.map(drain));
  const seconds = (performance.now() - startMs) / 1000;
  const read = accepted > 0 ? `, ${accepted} told something new` : '';
  console.log(`${name.padEnd(22)} ${count} inputs${read}, ${faults} faults, ${Math.round(count / seconds)} a second`);
  return failures;
}

/** A thread that runs one block after the other; one that dies of an input is a fault. */
class FuzzWorker {
  #worker = new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) });

  async run(block: Block): Promise<BlockResult> {
    const worker = this.#worker;
    worker.postMessage(block);
    const ended = await once(worker, 'message').then(
      ([result]) => result as BlockResult,
      (error: Error) => error, // what the thread died of
    );
    if (!(ended instanceof Error)) return ended;
    this.#worker = new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) });
    return { accepted: 0, faults: [`a crash: ${ended.stack}`] };
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}

if (isMainThread) process.exitCode = await main();
else
  parentPort!.on('message', (block: Block) => void runBlock(block).then((result) => parentPort!.postMessage(result)));
