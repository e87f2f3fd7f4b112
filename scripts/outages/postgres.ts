import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresServer } from '../../test/adapters/postgres/server.ts';
import { requiredProgram } from '../../test/system-programs.ts';
import type { BenchNet } from '../bench/net.ts';
import { taskMaker } from '../bench/tasks.ts';
import { until } from '../processes.ts';
import { type MirrorFaults, mirrorFaults } from './mirror-rows.ts';
import { startNetwork, VALIDATORS } from './network.ts';
import { type Report, tell } from './report.ts';

/** Load before the outage, and after it. */
const AROUND_SECONDS = 10;
const CATCH_UP_MS = 300_000;

export interface PostgresOptions {
  outageSeconds: number;
  /** Tasks a second. */
  rate: number;
}

/**
 * Every validator (judge `instant`) mirrors into one PostgreSQL, which is stopped under load and started again. Then
 * each LevelDB is opened and compared with the tables, row by row.
 */
export async function postgresCampaign(options: PostgresOptions): Promise<Report> {
  const server = await PostgresServer.create(requiredProgram('postgres'));
  const ends: (() => Promise<unknown>)[] = [() => server.remove()];
  try {
    const { net } = await startNetwork(() => ({ database: { url: server.url } }));
    ends.push(() => net.stop());
    return await run(server, net, options);
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

async function run(server: PostgresServer, net: BenchNet, { outageSeconds, rate }: PostgresOptions): Promise<Report> {
  const load = steadyLoad(net, rate, 2 * AROUND_SECONDS + outageSeconds);
  await sleep(AROUND_SECONDS * 1000);
  await server.stop();
  tell('PostgreSQL is stopped');
  const before = await resultsAt(net, 0);
  await sleep(outageSeconds * 1000);
  const meanwhile = (await resultsAt(net, 0)) - before;
  const [unready, silent] = [await unreadyNodes(net), await silentNodes(net)];
  await server.start();
  tell('PostgreSQL is back');
  const backMs = performance.now();
  const refused = await load;
  await until(() => caughtUp(server, net), CATCH_UP_MS).catch(() => tell('not every row arrived')); // the comparison says which
  const figures = {
    'seconds of outage': outageSeconds,
    'tasks decided meanwhile': meanwhile,
    'submissions that a node refused': refused,
    'seconds from its return, under load, to the last row': Math.round((performance.now() - backMs) / 1000),
  };
  await net.halt();
  const faults = await Promise.all(net.validators.map((validator) => mirrorFaults(server, validator)));
  const sum = (name: keyof MirrorFaults) => faults.reduce((all, each) => all + each[name], 0);
  const checks = {
    'nothing was decided in the outage': meanwhile > 0 ? 0 : 1,
    'nodes that were not ready in the outage': unready,
    'nodes whose health did not tell of the outage': silent,
    'decisions missing, or in another place': sum('deliveries'),
    'results that differ': sum('results'),
    'bodies of tasks that differ': sum('bodies'),
    'judgements that differ': sum('judgements'),
  };
  return { figures: { ...figures, tasks: sum('compared') / VALIDATORS, 'rows compared': sum('compared') }, checks };
}

/** Submits at a steady rate to the nodes in turn; how many were refused. */
async function steadyLoad(net: BenchNet, rate: number, seconds: number): Promise<number> {
  const make = taskMaker();
  const startMs = performance.now();
  const submitted: Promise<unknown>[] = [];
  for (let sent = 0; sent < rate * seconds; sent++) {
    await sleep(Math.max(0, startMs + (1000 * sent) / rate - performance.now()));
    submitted.push(net.submit(sent % VALIDATORS, [make()]).catch((error: Error) => error));
  }
  const refusals = (await Promise.all(submitted)).filter((answer) => answer instanceof Error);
  for (const { message } of refusals) tell(message);
  return refusals.length;
}

interface Status {
  openTasks: number;
  results: number;
}

async function resultsAt(net: BenchNet, index: number): Promise<number> {
  return (await net.call<Status>(index, 'pheme_status')).results;
}

/** True once no task is open, and every node has delivered what it decided. */
async function caughtUp(server: PostgresServer, net: BenchNet): Promise<boolean> {
  const delivered = await server.query<{ node: string; count: string }>(
    'SELECT node, count(*) FROM pheme.deliveries GROUP BY node',
  );
  const counts = new Map(delivered.map(({ node, count }) => [node, Number(count)]));
  const waiting = net.validators.map(async ({ index, publicKey }) => {
    const { openTasks, results } = await net.call<Status>(index, 'pheme_status');
    return openTasks > 0 || counts.get(publicKey) !== results;
  });
  return !(await Promise.all(waiting)).includes(true);
}

async function unreadyNodes(net: BenchNet): Promise<number> {
  const answers = await Promise.all(net.validators.map(({ rpc }) => fetch(new URL('/readyz', rpc))));
  return answers.filter(({ ok }) => !ok).length;
}

async function silentNodes(net: BenchNet): Promise<number> {
  const reports = net.validators.map(({ index }) =>
    net.call<{ database: { reasons: string[] } }>(index, 'pheme_health'),
  );
  return (await Promise.all(reports)).filter(({ database }) => !database.reasons.some((why) => /postgres/.test(why)))
    .length;
}
