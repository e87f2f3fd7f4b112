import type { Job } from 'bullmq';
import { verifyResult } from '../../src/node/verify.ts';
import type { ConsensusResult } from '../../src/protocol/consensus-result.ts';
import type { Genesis } from '../../src/protocol/genesis.ts';
import { RedisProcess } from '../../test/adapters/queue/redis-process.ts';
import { requiredProgram } from '../../test/system-programs.ts';
import type { BenchNet } from '../bench/net.ts';
import { until } from '../processes.ts';
import { JudgingWorkers } from './judging-workers.ts';
import { startNetwork, VALIDATORS } from './network.ts';
import { inBatches, type Report, tell } from './report.ts';
import { TaskClient, type TaskClientOptions } from './task-client.ts';

const WORKERS = 2;
const NAME = 'task-validation';
const PREFIX = 'pheme:outages';
/** Short enough that what a killed worker held is judged again within the judges' budget. */
const LOCK_MS = 2_000;
/** Shares of the jobs that are completed when a worker is killed, and when Redis restarts. */
const [KILL_AT, RESTART_AT] = [0.5, 0.6];
const SETTLE_MS = 120_000;
const MS_PER_JOB_MAX = 2_000;

/**
 * Tasks come in by a queue of a real Redis, and every validator has them judged by the same two `pheme worker`
 * processes (embedded models); half-way one of them is killed, and Redis is restarted. Each job must end with the one
 * result of its task.
 */
export async function queueCampaign(options: Pick<TaskClientOptions, 'jobs' | 'seed'>): Promise<Report> {
  const redis = await RedisProcess.create(requiredProgram('redis-server'));
  const ends: (() => Promise<unknown>)[] = [() => redis.remove()];
  try {
    await redis.start();
    const shared = { url: redis.url, prefix: PREFIX, lockMs: LOCK_MS };
    const workers = await JudgingWorkers.start(WORKERS, shared);
    ends.push(() => workers.stop());
    const { net, genesis } = await startNetwork(() => ({ queue: { ...shared, name: NAME, judging: 'workers' } }));
    ends.push(() => net.stop());
    const client = new TaskClient({ ...options, ...shared, name: NAME });
    ends.push(() => client.close());
    return await run({ redis, workers, net, genesis, client });
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

interface Scene {
  redis: RedisProcess;
  workers: JudgingWorkers;
  net: BenchNet;
  genesis: Genesis;
  client: TaskClient;
}

async function run({ redis, workers, net, genesis, client }: Scene): Promise<Report> {
  const startedMs = performance.now();
  const jobs = await client.addAll();
  const waitMs = SETTLE_MS + jobs.length * MS_PER_JOB_MAX;
  const completed = (share: number) => until(async () => (await client.ended()) >= share * jobs.length, waitMs);
  await completed(KILL_AT);
  await workers.kill(0);
  tell(`${await client.ended()} of ${jobs.length} jobs: one of the workers is killed`);
  await completed(RESTART_AT);
  tell(`${await client.ended()} of ${jobs.length} jobs: Redis restarts`);
  await redis.stop();
  await redis.start();
  await completed(1).catch(() => tell('not every job ended')); // the counts say which
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  const { figures, checks } = await examine(net, genesis, client, jobs);
  return { figures: { ...figures, seconds }, checks };
}

/** What every job, and every task at every node, came to. */
async function examine(net: BenchNet, genesis: Genesis, client: TaskClient, jobs: readonly Job[]): Promise<Report> {
  const ended = await inBatches(jobs, (job) => client.read(job.id!));
  const completions = await client.completions();
  const results = new Map<string, ConsensusResult>();
  const found = { incomplete: 0, unverified: 0, differing: 0, completedAgain: 0 };
  for (const { id, data, returnvalue } of ended) {
    const result = returnvalue as ConsensusResult | null;
    if (result === null) {
      found.incomplete++;
      continue;
    }
    if (!verifyResult(result, genesis, { task: data }).authentic) found.unverified++;
    if ((results.get(result.taskId)?.core ?? result.core) !== result.core) found.differing++;
    if (completions.get(id!) !== 1) found.completedAgain++;
    results.set(result.taskId, result);
  }
  const atNodes = await inBatches([...results.values()], (result) => compareAtNodes(net, result));
  const sum = (count: (of: (typeof atNodes)[number]) => number) => atNodes.reduce((all, of) => all + count(of), 0);
  const tasks = new Set(jobs.map(({ data }) => JSON.stringify(data))).size;
  return {
    figures: {
      'judged by': `${WORKERS} pheme worker processes, embedded models, for ${VALIDATORS} validators`,
      jobs: jobs.length,
      tasks,
      'jobs delivered more than once': ended.filter(({ attemptsStarted }) => attemptsStarted > 1).length,
      outcomes: countOf(
        [...results.values()].map(({ outcome, reason }) => (reason ? `${outcome} (${reason})` : outcome)),
      ),
      judgements: sum(({ judged }) => judged),
      'results of validators that did not count, by reason': countOf(atNodes.flatMap(({ reasons }) => reasons)),
      'judging jobs': await client.judgingJobs(),
    },
    checks: {
      'jobs without a result': found.incomplete,
      'jobs completed more or less than once': found.completedAgain,
      'results that do not verify': found.unverified,
      'jobs of one task with different results': found.differing,
      'tasks without exactly one result': Math.abs(tasks - results.size),
      'jobs that still wait or run': await client.left(),
      'results that a node does not hold, or holds otherwise': sum(({ differing }) => differing),
      'tasks judged more than once by one validator': sum(({ judgedAgain }) => judgedAgain),
    },
  };
}

interface Explanation {
  timeline: { event: string }[];
  validators: { reason?: string }[];
}

/** How the nodes stand to one result: who holds another or none, who judged the task how often, and why one does not count. */
async function compareAtNodes(net: BenchNet, { taskId, core }: ConsensusResult) {
  const found = { differing: 0, judged: 0, judgedAgain: 0, reasons: [] as string[] };
  for (const { index } of net.validators) {
    const held = await net.call<{ core: string } | null>(index, 'pheme_getResult', { taskId });
    if (held?.core !== core) found.differing++;
    const { timeline, validators } = await net.call<Explanation>(index, 'pheme_explain', { taskId });
    const judged = timeline.filter(({ event }) => event === 'judged').length;
    found.judged += judged;
    if (judged > 1) found.judgedAgain++;
    if (index === 0) found.reasons = validators.flatMap(({ reason }) => reason ?? []);
  }
  return found;
}

function countOf(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
