import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Job, Queue } from 'bullmq';
import type { Judge, Logger } from '../../engine/ports.ts';
import { abstention } from '../../protocol/abstention.ts';
import { ValidationError } from '../../protocol/errors.ts';
import type { Judgement } from '../../protocol/judgement.ts';
import type { Task } from '../../protocol/task.ts';
import type { JobCounts } from '../adapter.ts';
import { BACKOFF_MS, JUDGING_QUEUE, QueueConnection, type QueueSettings } from './connection.ts';
import { JobCounter } from './job-counter.ts';
import { parseJudgement } from './judgement-form.ts';

export interface RemoteJudgeOptions extends QueueSettings {
  /** Attempts of a job in all. */
  retryLimit: number;
  /** Budget of a judgement for which the network sets none. */
  timeoutMs: number;
  /** Judges here what no worker judged within half of the budget; without it the validator abstains. */
  local?: Judge;
  logger: Logger;
}

/** An answer is asked for at growing pauses: events would be lost with a server that restarts. */
const LOOK_MS = 25;
const LOOK_MS_MAX = 500;
/** Jobs stay that long for whoever looks at them; their tasks are private, so no longer. */
const KEPT = { age: 3_600, count: 1_000 } as const;
/** Nobody reads BullMQ's stream of events, which holds every answer once more. */
const EVENTS_MAX = 10;

/** Hands judging to `pheme worker` processes by a queue. What comes back is untrusted until it is parsed. */
export class RemoteJudge implements Judge {
  readonly #options: RemoteJudgeOptions;
  readonly #connection: QueueConnection;
  readonly #queue: Queue;
  readonly #counter: JobCounter;
  readonly #stopping = new AbortController();

  constructor(options: RemoteJudgeOptions) {
    this.#options = options;
    this.#connection = new QueueConnection(options.url);
    const shared = { connection: this.#connection.redis, prefix: options.prefix };
    this.#queue = new Queue(JUDGING_QUEUE, { ...shared, streams: { events: { maxLen: EVENTS_MAX } } });
    this.#queue.on('error', (error) => this.#connection.note(error));
    this.#counter = new JobCounter(this.#queue, this.#connection);
  }

  faults(): string[] {
    const { fault } = this.#connection;
    return fault === undefined ? [] : [`judging queue: ${fault}`];
  }

  /** Jobs of all validators that share the queue; null while the server does not answer. */
  jobs(): JobCounts | null {
    return this.#counter.counts;
  }

  /** @throws the signal's reason when aborted; ValidationError STOPPED after `stop` */
  async judge(task: Task, signal: AbortSignal, budgetMs = this.#options.timeoutMs): Promise<Judgement> {
    const { local, logger } = this.#options;
    const startMs = performance.now();
    const either = AbortSignal.any([signal, this.#stopping.signal]);
    const remoteMs = Math.max(1, Math.floor(local === undefined ? budgetMs : budgetMs / 2));
    try {
      return await this.#byWorker(task, either, remoteMs);
    } catch (error) {
      either.throwIfAborted();
      const { message, code } = error as ValidationError;
      logger.warn({ error: message }, 'no worker judged a task');
      if (local !== undefined) return local.judge(task, signal, budgetMs - (performance.now() - startMs));
      const reason = code === 'INVALID_JUDGEMENT' ? 'unreadable_reply' : code === 'TIMEOUT' ? 'timeout' : 'model_error';
      return abstention(reason, `No judgement from the workers: ${message}.`);
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new ValidationError('the judges were stopped', 'STOPPED'));
    this.#counter.stop();
    await this.#queue.close();
    this.#connection.close();
  }

  async #byWorker(task: Task, signal: AbortSignal, limitMs: number): Promise<Judgement> {
    const over = new AbortController();
    const timer = setTimeout(
      () => over.abort(new ValidationError(`no answer within ${limitMs} ms`, 'TIMEOUT')),
      limitMs,
    );
    const ended = AbortSignal.any([signal, over.signal]);
    const answer = this.#answer(task, Date.now() + limitMs, ended);
    answer.catch(() => undefined); // whoever is late is not waited for
    try {
      return parseJudgement(await Promise.race([answer, rejection(ended)]));
    } finally {
      clearTimeout(timer);
      over.abort();
    }
  }

  async #answer(task: Task, deadlineMs: number, ended: AbortSignal): Promise<unknown> {
    let job = await this.#add(task, deadlineMs);
    for (let pauseMs = LOOK_MS; ; pauseMs = Math.min(2 * pauseMs, LOOK_MS_MAX)) {
      await delay(pauseMs, undefined, { signal: ended });
      const state = await job.getState();
      ended.throwIfAborted();
      if (state === 'completed') return (await this.#queue.getJob(job.id!))?.returnvalue;
      if (state === 'failed') throw await this.#failure(job);
      // A server without persistence forgot the job when it restarted.
      if (state === 'unknown') job = await this.#add(task, deadlineMs);
    }
  }

  #add(task: Task, deadlineMs: number): Promise<Job> {
    const backoff = { type: 'exponential', delay: BACKOFF_MS };
    const { retryLimit: attempts } = this.#options;
    // A command that is sent again after a lost connection adds the same job.
    const options = { jobId: randomUUID(), attempts, backoff, removeOnComplete: KEPT, removeOnFail: KEPT };
    return this.#queue.add('judge', { task, deadlineMs }, options);
  }

  async #failure(job: Job): Promise<Error> {
    const found = await this.#queue.getJob(job.id!);
    return new ValidationError(`the worker failed: ${found?.failedReason ?? 'no reason'}`.slice(0, 500), 'MODEL_ERROR');
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
