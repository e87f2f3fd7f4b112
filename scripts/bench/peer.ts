import { fork, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import { exitCodeOf, freeBasePort, until } from '../processes.ts';
import { Decisions } from './decisions.ts';
import { closedLoad } from './load.ts';
import { type BenchOptions, quantile, ratio, type Table, timed } from './measures.ts';
import { BenchNet } from './net.ts';
import { taskMaker } from './tasks.ts';

const REDIS = '/usr/bin/redis-server';
const WORKER = fileURLToPath(new URL('bullmq-worker.ts', import.meta.url));
const VALIDATORS = 4;
const IN_FLIGHT = 1000;
/** Jobs added by one command. */
const BATCH = 500;
const JUDGES = 3;

/** What a user might pick instead: a queue without agreement, and three models asked at once. */
export async function peer(options: BenchOptions): Promise<Table> {
  const agreed = await agreedPerSecond(options.seconds);
  const votes = await votesPerSecond(options.samples);
  const table: Table = {
    'pheme, n = 4, agreed and durable': { 'a second': agreed, 'of pheme': 1 },
    'three HTTP calls, majority vote, nothing kept': {
      'a second': votes.perSecond,
      'p50 ms': votes.p50Ms,
      'of pheme': ratio(votes.perSecond, agreed),
    },
  };
  if (!existsSync(REDIS)) return { ...table, BullMQ: { 'a second': 'skipped: apt-get install redis-server' } };
  for (const synced of [false, true]) {
    const perSecond = await jobsPerSecond(options.seconds, synced);
    const name = `BullMQ, one worker, one Redis, ${synced ? 'appendfsync always' : 'in memory only'}`;
    table[name] = { 'a second': perSecond, 'of pheme': ratio(perSecond, agreed) };
  }
  return table;
}

async function agreedPerSecond(seconds: number): Promise<number> {
  const net = await BenchNet.start(VALIDATORS);
  const decisions = await Decisions.follow(net, VALIDATORS);
  try {
    const load = { net, decisions, nodes: VALIDATORS, seconds, inFlight: IN_FLIGHT };
    return (await closedLoad(load)).perSecond;
  } finally {
    await decisions.stop();
    await net.stop();
  }
}

/** Adds jobs while one worker process takes them, until the time is over; counts what was processed. */
async function jobsPerSecond(seconds: number, synced: boolean): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'pheme-bench-'));
  const port = await freeBasePort(1);
  const durable = synced ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', directory, '--save', '', ...durable];
  const redis = spawn(REDIS, args, { stdio: 'ignore' });
  const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null };
  const queue = new Queue('bench', { connection, defaultJobOptions: { removeOnComplete: true } });
  await queue.waitUntilReady();
  const worker = fork(WORKER, [`${port}`], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  try {
    let processed = 0;
    worker.on('message', (count: number) => {
      processed = count;
    });
    const make = taskMaker();
    const jobs = () => Array.from({ length: BATCH }, () => ({ name: 'task', data: make() }));
    await queue.addBulk(jobs());
    await until(() => processed > 0);
    const [startMs, before] = [performance.now(), processed];
    for (let added = BATCH; performance.now() - startMs < seconds * 1000; added += BATCH) {
      await queue.addBulk(jobs());
      await until(() => processed > added - 2 * BATCH);
    }
    return (1000 * (processed - before)) / (performance.now() - startMs);
  } finally {
    worker.kill();
    await exitCodeOf(worker);
    await queue.close();
    redis.kill();
    await exitCodeOf(redis);
    await rm(directory, { recursive: true, force: true });
  }
}

/** One server with an instant answer, asked three times at once: what a client does without a network. */
async function votesPerSecond(samples: number) {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end('{"approved":true}'));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const make = taskMaker();
  const ask = async (body: string) =>
    ((await (await fetch(url, { method: 'POST', body })).json()) as { approved: boolean }).approved;
  try {
    const { perSecond, timesMs } = await timed(samples, async () => {
      const body = JSON.stringify(make());
      const votes = await Promise.all(Array.from({ length: JUDGES }, () => ask(body)));
      return votes.filter(Boolean).length > JUDGES / 2;
    });
    return { perSecond, p50Ms: quantile(timesMs, 0.5) };
  } finally {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
}
