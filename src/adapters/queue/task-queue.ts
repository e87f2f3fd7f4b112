import { DelayedError, type Job, Queue, UnrecoverableError, Worker } from 'bullmq';
import type { ConsensusResult } from '../../protocol/consensus-result.ts';
import { ValidationError } from '../../protocol/errors.ts';
import type { TaskPhase } from '../../protocol/explanation.ts';
import type { Digest } from '../../protocol/hash.ts';
import { parseTask, type Task } from '../../protocol/task.ts';
import type { Adapter, AdapterHost, JobCounts } from '../adapter.ts';
import { BACKOFF_MS, QueueConnection, type QueueSettings } from './connection.ts';
import { JobCounter } from './job-counter.ts';

export interface TaskQueueOptions extends QueueSettings {
  /** The queue's name. */
  name: string;
  /** Jobs at once; each waits for its decision. */
  concurrency: number;
  /** Starts of a job after which a failure that is not the network's is for good. */
  retryLimit: number;
  /** Age of a job at which the network is not waited for any more. */
  taskTtlMs: number;
}

/** How long a job holds its place for a decision; one that is not decided then goes behind those that wait. */
const DECISION_MS = 60_000;
const BACKOFF_MS_MAX = 60_000;
/** A job may lose its process as often: the same task is decided once, however often it is delivered. */
const STALLS_MAX = 16;
/** No job gets better by waiting. */
const FINAL = new Set(['INVALID_TASK', 'DEADLINE_PASSED']);
/** The network's state, not the job's fault: they wait until it is well again. */
const NOT_YET = new Set(['TIMEOUT', 'UNAVAILABLE', 'TOO_MANY_TASKS', 'STOPPING']);

/**
 * Takes tasks as jobs of a BullMQ queue and completes each with the network's result. A job may be delivered any number
 * of times, and by several nodes: equal tasks have one id, and one decision.
 */
export class TaskQueue implements Adapter {
  readonly name = 'queue';
  readonly #options: TaskQueueOptions;
  readonly #host: AdapterHost;
  readonly #connection: QueueConnection;
  readonly #worker: Worker;
  readonly #queue: Queue;
  readonly #stopping = new AbortController();
  readonly #counter: JobCounter;

  constructor(options: TaskQueueOptions, host: AdapterHost) {
    this.#options = options;
    this.#host = host;
    this.#connection = new QueueConnection(options.url);
    const shared = { connection: this.#connection.redis, prefix: options.prefix };
    this.#queue = new Queue(options.name, { ...shared, skipMetasUpdate: true });
    this.#worker = new Worker(options.name, (job, token) => this.#process(job, token), {
      ...shared,
      concurrency: options.concurrency,
      lockDuration: options.lockMs,
      stalledInterval: options.lockMs,
      maxStalledCount: STALLS_MAX,
    });
    this.#queue.on('error', (error) => this.#connection.note(error));
    this.#worker.on('error', (error) => this.#connection.note(error));
    this.#worker.on('failed', (job, error) => this.#failed(job, error));
    this.#counter = new JobCounter(this.#queue, this.#connection);
  }

  faults(): string[] {
    const { fault } = this.#connection;
    return fault === undefined ? [] : [`queue: ${fault}; jobs wait there until it is back`];
  }

  /** Jobs that failed for good are their senders' to mend: the node works. */
  notes(): string[] {
    const failed = this.jobs()?.failed ?? 0;
    const commands = 'pheme queue failed shows them; with --retry or --remove it clears them';
    return failed === 0 ? [] : [`queue: ${failed} jobs failed for good: ${commands}`];
  }

  jobs(): JobCounts | null {
    return this.#counter.counts;
  }

  /** Jobs under way go back to the queue, for another node or the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort(new ValidationError('this node stops', 'STOPPING'));
    this.#counter.stop();
    // Without the server nothing can be given back: locks expire by themselves.
    await this.#worker.close(!(await this.#connection.answers()));
    await this.#queue.close();
    this.#connection.close();
  }

  async #process(job: Job, token: string | undefined): Promise<ConsensusResult> {
    const { signal } = this.#stopping;
    try {
      const taskId = await this.#host.submit(readTask(job.data));
      return await this.#decided(job, taskId);
    } catch (error) {
      const { message, code } = error as { message: string; code?: string };
      if (FINAL.has(code ?? '')) throw new UnrecoverableError(message);
      if (!this.#triesAgain(job, code)) throw new UnrecoverableError(`${message} (given up)`);
      const pauseMs = signal.aborted ? 0 : backoffMs(job.attemptsStarted);
      await job.moveToDelayed(this.#host.clock.nowMs() + pauseMs, token);
      throw new DelayedError();
    }
  }

  /** Waits for the decision, and meanwhile tells how far the task is. */
  async #decided(job: Job, taskId: Digest): Promise<ConsensusResult> {
    const tell = (phase: 'submitted' | TaskPhase | 'decided') => job.updateProgress({ phase, taskId });
    await tell('submitted');
    let told: TaskPhase | undefined;
    const unsubscribe = this.#host.onPhase((id, phase) => {
      if (id !== taskId || phase === told) return;
      told = phase;
      tell(phase).catch((error: Error) => this.#connection.note(error));
    });
    try {
      const result = await this.#host.waitForResult(taskId, DECISION_MS, this.#stopping.signal);
      await tell('decided');
      return result;
    } finally {
      unsubscribe();
    }
  }

  #triesAgain(job: Job, code: string | undefined): boolean {
    if (this.#stopping.signal.aborted) return true;
    if (!NOT_YET.has(code ?? '')) return job.attemptsStarted < this.#options.retryLimit;
    return this.#host.clock.nowMs() - job.timestamp < this.#options.taskTtlMs;
  }

  #failed(job: Job | undefined, error: Error): void {
    this.#host.logger.warn({ adapter: this.name, job: job?.id, error: error.message }, 'a job failed for good');
    this.#counter.refresh();
  }
}

function readTask(data: unknown): Task {
  try {
    return parseTask(data);
  } catch (error) {
    // Whatever is wrong with the input, it will be wrong the next time.
    throw new ValidationError((error as Error).message, 'INVALID_TASK', {}, error);
  }
}

function backoffMs(starts: number): number {
  return Math.min(BACKOFF_MS * 2 ** Math.max(0, starts - 1), BACKOFF_MS_MAX);
}
