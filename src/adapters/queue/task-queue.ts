import { DelayedError, type Job, Queue, UnrecoverableError, Worker } from 'bullmq';
import type { ConsensusResult } from '../../protocol/consensus-result.ts';
import { ValidationError } from '../../protocol/errors.ts';
import { parseTask, type Task } from '../../protocol/task.ts';
import type { Adapter, AdapterHost } from '../adapter.ts';
import { BACKOFF_MS, QueueConnection, type QueueSettings } from './connection.ts';

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
const COUNT_EVERY_MS = 5_000;
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
  #dead = 0;
  #cancelCount: () => void = () => {};

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
    this.#count();
  }

  faults(): string[] {
    const { fault } = this.#connection;
    const dead =
      this.#dead === 0 ? [] : [`queue: ${this.#dead} jobs failed for good: see the failed set of ${this.#queue.name}`];
    return fault === undefined ? dead : [`queue: ${fault}; jobs wait there until it is back`, ...dead];
  }

  /** Jobs under way go back to the queue, for another node or the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort(new ValidationError('this node stops', 'STOPPING'));
    this.#cancelCount();
    // Without the server nothing can be given back: locks expire by themselves.
    await this.#worker.close(!this.#connection.ready);
    await this.#queue.close();
    this.#connection.close();
  }

  async #process(job: Job, token: string | undefined): Promise<ConsensusResult> {
    const { signal } = this.#stopping;
    try {
      const taskId = await this.#host.submit(readTask(job.data));
      await job.updateProgress({ phase: 'submitted', taskId });
      const result = await this.#host.waitForResult(taskId, DECISION_MS, signal);
      await job.updateProgress({ phase: 'decided', taskId });
      return result;
    } catch (error) {
      const { message, code } = error as { message: string; code?: string };
      if (FINAL.has(code ?? '')) throw new UnrecoverableError(message);
      if (!this.#triesAgain(job, code)) throw new UnrecoverableError(`${message} (given up)`);
      const pauseMs = signal.aborted ? 0 : backoffMs(job.attemptsStarted);
      await job.moveToDelayed(this.#host.clock.nowMs() + pauseMs, token);
      throw new DelayedError();
    }
  }

  #triesAgain(job: Job, code: string | undefined): boolean {
    if (this.#stopping.signal.aborted) return true;
    if (!NOT_YET.has(code ?? '')) return job.attemptsStarted < this.#options.retryLimit;
    return this.#host.clock.nowMs() - job.timestamp < this.#options.taskTtlMs;
  }

  #failed(job: Job | undefined, error: Error): void {
    this.#dead++;
    this.#host.logger.warn({ adapter: this.name, job: job?.id, error: error.message }, 'a job failed for good');
  }

  /** Other nodes fail jobs too, and operators take them away: the server knows how many there are. */
  #count(): void {
    this.#cancelCount = this.#host.clock.setTimer(COUNT_EVERY_MS, () => {
      const counted = this.#connection.ready ? this.#queue.getFailedCount() : Promise.resolve(this.#dead);
      counted.then(
        (dead) => {
          this.#dead = dead;
        },
        (error: Error) => this.#connection.note(error),
      );
      this.#count();
    });
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
