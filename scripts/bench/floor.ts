import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Level } from 'level';
import { gossipEnd } from './gossip-end.ts';
import { type BenchOptions, quantile, type Table, timed } from './measures.ts';

/** What agreement cannot be faster than: one hop of gossip, and one synced write. */
export interface Floor {
  hopP50Ms: number;
  hopP99Ms: number;
  messagesPerSecond: number;
  writeP50Ms: number;
  writeP99Ms: number;
}

const PEER = fileURLToPath(new URL('gossip-peer.ts', import.meta.url));
/** A frame with one statement, its signature and some attachments. */
const FRAME_BYTES = 1024;
/** Frames on their way: below what gossip refuses to hold. */
const IN_FLIGHT = 64;
/** About what a tick writes for one task: records, statements and signatures. */
const VALUE_BYTES = 2048;
const WARM = 50;

/** Measures the floor: two processes with the node's own libp2p stack, and LevelDB on the same disk. */
export async function measureFloor({ seconds, samples }: BenchOptions): Promise<Floor> {
  return { ...(await measureGossip(seconds, samples)), ...(await measureWrites(samples)) };
}

export async function floor(options: BenchOptions): Promise<Table> {
  const { hopP50Ms, hopP99Ms, messagesPerSecond, writeP50Ms, writeP99Ms } = await measureFloor(options);
  return {
    'gossip, one hop': { 'p50 ms': hopP50Ms, 'p99 ms': hopP99Ms, 'a second': messagesPerSecond },
    'LevelDB, synced write': { 'p50 ms': writeP50Ms, 'p99 ms': writeP99Ms, 'a second': 1000 / writeP50Ms },
  };
}

async function measureGossip(seconds: number, samples: number) {
  const end = await gossipEnd(0);
  const child = fork(PEER, [end.address], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  try {
    await end.connected;
    const { timesMs } = await timed(samples + WARM, (n) => end.roundTrip(n, FRAME_BYTES));
    const hopsMs = timesMs.slice(WARM).map((timeMs) => timeMs / 2); // there and back, at rest
    const untilMs = performance.now() + seconds * 1000;
    let received = 0;
    const startMs = performance.now();
    const lane = async (first: number) => {
      for (let n = first; performance.now() < untilMs; n += IN_FLIGHT) {
        await end.roundTrip(n, FRAME_BYTES);
        received += 2; // one each way
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, (_, n) => lane(samples + WARM + n)));
    const messagesPerSecond = (1000 * received) / (performance.now() - startMs);
    return { hopP50Ms: quantile(hopsMs, 0.5), hopP99Ms: quantile(hopsMs, 0.99), messagesPerSecond };
  } finally {
    const exited = once(child, 'exit');
    if (child.exitCode === null && child.kill()) await exited;
    await end.stop();
  }
}

async function measureWrites(samples: number) {
  const directory = await mkdtemp(join(tmpdir(), 'pheme-bench-'));
  const level = new Level<string, Uint8Array>(directory, { valueEncoding: 'view' });
  try {
    const value = new Uint8Array(VALUE_BYTES);
    await level.open();
    const { timesMs } = await timed(samples, (n) => level.batch([{ type: 'put', key: `${n}`, value }], { sync: true }));
    return { writeP50Ms: quantile(timesMs, 0.5), writeP99Ms: quantile(timesMs, 0.99) };
  } finally {
    await level.close();
    await rm(directory, { recursive: true, force: true });
  }
}
