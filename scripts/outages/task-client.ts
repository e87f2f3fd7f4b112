import { type Job, Queue } from 'bullmq';
import { JUDGING_QUEUE, QueueConnection } from '../../src/adapters/queue/connection.ts';
import type { ConsensusResult } from '../../src/protocol/consensus-result.ts';
import { parseTask, type Task } from '../../src/protocol/task.ts';
import { SeededRandom } from '../../test/sim/random.ts';
import { taskOf } from '../chaos/tasks.ts';

/** One job in so many brings a task that another brings too. */
const REPEATED_ONE_IN = 20;
/** A job leaves about ten events; none may be trimmed before they are counted. */
const EVENTS_PER_JOB = 100;

export interface TaskClientOptions {
  url: string;
  prefix: string;
  name: string;
  /** Jobs of different tasks; some are repeated besides. */
  jobs: number;
  seed: number;
}

/** An outside program that uses the queue as BullMQ's own documents say. */
export class TaskClient {
  readonly #connection: QueueConnection;
  readonly #queue: Queue<Task, ConsensusResult>;
  readonly #tasks: readonly Task[];

  constructor({ url, prefix, name, jobs, seed }: TaskClientOptions) {
    this.#connection = new QueueConnection(url);
    const streams = { events: { maxLen: EVENTS_PER_JOB * jobs } };
    this.#queue = new Queue(name, { connection: this.#connection.redis, prefix, streams });
    this.#queue.on('error', () => undefined); // Redis restarts
    this.#tasks = makeTasks(jobs, new SeededRandom(seed));
  }

  addAll(): Promise<Job<Task, ConsensusResult>[]> {
    return this.#queue.addBulk(this.#tasks.map((data) => ({ name: 'task', data })));
  }

  read(id: string) {
    return this.#queue.getJob(id).then((job) => job!);
  }

  ended(): Promise<number> {
    return this.#queue.getJobCountByTypes('completed', 'failed');
  }

  left(): Promise<number> {
    return this.#queue.getJobCountByTypes('waiting', 'active', 'delayed', 'prioritized', 'failed');
  }

  /** How often each job was completed, by the queue's own stream of events. */
  async completions(): Promise<Map<string, number>> {
    const events = await this.#connection.redis.xrange(this.#queue.keys['events']!, '-', '+');
    const completions = new Map<string, number>();
    for (const [, fields] of events) {
      const event = Object.fromEntries(pairs(fields)) as { event?: string; jobId?: string };
      if (event.event === 'completed') completions.set(event.jobId!, (completions.get(event.jobId!) ?? 0) + 1);
    }
    return completions;
  }

  /** Jobs that validators ever gave to workers. */
  async judgingJobs(): Promise<number> {
    return Number(await this.#connection.redis.get(`${this.#queue.opts.prefix}:${JUDGING_QUEUE}:id`));
  }

  async close(): Promise<void> {
    await this.#queue.close();
    this.#connection.close();
  }
}

/** Tasks of every outcome; some stand twice, anywhere. */
function makeTasks(count: number, random: SeededRandom): Task[] {
  const run = random.uint32();
  const tasks = Array.from({ length: count }, (_, number) => parseTask(taskOf(number, `${run}-${number}`)));
  const repeated = Array.from({ length: Math.ceil(count / REPEATED_ONE_IN) }, () => random.pick(tasks));
  for (const task of repeated) tasks.splice(random.integer(0, tasks.length), 0, task);
  return tasks;
}

function pairs(list: readonly string[]): [string, string][] {
  return Array.from({ length: list.length / 2 }, (_, at) => [list[2 * at]!, list[2 * at + 1]!]);
}
