import { availableParallelism } from 'node:os';
import type { Judge } from '../engine/ports.ts';
import type { WorkerStart } from '../models/judge-worker.ts';
import { type EndpointStatus, LocalEndpointMemory } from '../models/openai/memory.ts';
import { abstention } from '../protocol/abstention.ts';
import { ValidationError } from '../protocol/errors.ts';
import type { AbstainReason, Judgement, ModelIdentity } from '../protocol/judgement.ts';
import type { Task } from '../protocol/task.ts';
import { JudgingSlots, type SlotOptions } from './judging-slots.ts';
import { PooledWorker, type WorkerAnswer } from './pooled-worker.ts';
import { BASE_DELAY_MS_DEFAULT, isRetryable, retry } from './retry.ts';

export interface WorkerPoolOptions {
  /** Models of every worker. Custom instances cannot cross threads. */
  models: WorkerStart['models'];
  /** The most tasks that are judged at once, each in its own worker; there are as many only while tasks wait or hang. */
  concurrency?: number;
  /** Tasks after which a worker is replaced, so that what leaks cannot grow. */
  maxJobsPerWorker?: number;
  /** Wall-clock budget of one attempt. */
  timeoutMs?: number;
  /** The same for a task that escalates a decided one; `timeoutMs` unless given. */
  escalationTimeoutMs?: number;
  /** Attempts in all. */
  retryLimit?: number;
  baseDelayMs?: number;
  /** Tasks that may wait; one more abstains as overloaded. */
  queueMax?: number;
  /** After so long without a task a worker is ended. */
  idleMs?: number;
  /** A task that takes so long hangs: another is judged beside it. */
  hungMs?: number;
  /** The worker's entry module; for tests of the pool itself. */
  entry?: URL;
}

/** What the pool is doing and has done. Times in milliseconds. */
export interface WorkerPoolSnapshot {
  queued: number;
  active: number;
  workers: number;
  jobsProcessed: number;
  /** Of those, how many ended without a failure of the model or the worker. */
  succeeded: number;
  failed: number;
  /** Mean time of a task from its first attempt to its judgement. */
  averageProcessingMs: number;
  /** Mean time of a prediction by model. */
  modelLatencyMs: Record<string, number>;
  /** Workers thrown away because a task hung or crashed them. */
  workersLost: number;
  /** Models behind endpoints that were asked so far. */
  endpoints: EndpointStatus[];
}

/** A queue as deep as an hour of a slow model: more would expire unread. */
const QUEUE_MAX_DEFAULT = 10_000;
const REASON: Record<string, AbstainReason> = { TIMEOUT: 'timeout', WORKER_CRASHED: 'worker_crashed' };
const FAILED: ReadonlySet<AbstainReason | undefined> = new Set([
  'model_error',
  'timeout',
  'worker_crashed',
  'overloaded',
  'unreadable_reply',
]);

/** A wait that is worth another thread: a quick judge has answered some tasks by then, an endpoint none. */
const PATIENCE_MS = 100;
/** Threads of judges that compute: each holds 60 to 120 MB, and one answers some 200 ordinary tasks a second. */
const COMPUTING_MAX = 2;
/** Many times what a judge computes on the largest task, and a quarter of the shortest budget that networks set. */
const HUNG_MS = 5_000;
/** A worker without a task for so long gives its memory back; the next one starts in some tenths of a second. */
const IDLE_MS_MAX = 60_000;

/** Judges tasks in bounded threads: a hostile task can end its worker, never the node. */
export class WorkerPool implements Judge {
  readonly #options: Required<Omit<WorkerPoolOptions, 'entry'>> & Pick<WorkerPoolOptions, 'entry'>;
  /** The one used last is the last. */
  readonly #idle: { worker: PooledWorker; ending: NodeJS.Timeout }[] = [];
  readonly #busy = new Set<PooledWorker>();
  readonly #slots: JudgingSlots;
  readonly #running = new Set<Promise<unknown>>();
  readonly #memory = new LocalEndpointMemory();
  readonly #latency = new Map<string, number>();
  readonly #stopping = new AbortController();
  readonly #model: ModelIdentity;
  #counts = { processed: 0, succeeded: 0, failed: 0, totalMs: 0, lost: 0 };

  constructor(options: WorkerPoolOptions) {
    this.#options = {
      concurrency: 5,
      maxJobsPerWorker: 100,
      timeoutMs: 30_000,
      escalationTimeoutMs: options.timeoutMs ?? 30_000,
      retryLimit: 3,
      baseDelayMs: BASE_DELAY_MS_DEFAULT,
      queueMax: QUEUE_MAX_DEFAULT,
      idleMs: IDLE_MS_MAX,
      hungMs: HUNG_MS,
      ...options,
    };
    this.#slots = new JudgingSlots(slotsFor(this.#options));
    const name = options.models.default ?? Object.keys(options.models.models ?? {})[0] ?? 'embedded:rules';
    this.#model = { id: name, family: name };
  }

  /**
   * Judges a task; waits for a free worker. Every failure ends as an abstention with its reason.
   * `budgetMs` is for all of it, the wait and every attempt: what is left of it cuts an attempt short.
   * @throws the signal's reason when aborted; ValidationError STOPPED after `stop`
   */
  judge(task: Task, signal: AbortSignal, budgetMs = Number.POSITIVE_INFINITY): Promise<Judgement> {
    const endsAtMs = performance.now() + budgetMs;
    return this.#track(this.#judge(task, AbortSignal.any([signal, this.#stopping.signal]), endsAtMs));
  }

  /** `stop` waits for it. */
  #track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    work.catch(() => undefined).finally(() => this.#running.delete(work));
    return work;
  }

  async #judge(task: Task, signal: AbortSignal, endsAtMs: number): Promise<Judgement> {
    signal.throwIfAborted();
    if (this.#slots.waiting >= this.#options.queueMax) {
      this.#counts.failed++;
      return abstention('overloaded', 'This validator has no free worker.', this.#model);
    }
    const release = await this.#slots.take(signal);
    const start = performance.now();
    try {
      const judgement = await this.#attempts(task, signal, endsAtMs);
      this.#counts.processed++;
      this.#counts.totalMs += performance.now() - start;
      this.#counts[FAILED.has(judgement.abstainReason) ? 'failed' : 'succeeded']++;
      return judgement;
    } finally {
      release();
    }
  }

  async #attempts(task: Task, signal: AbortSignal, endsAtMs: number): Promise<Judgement> {
    const { retryLimit, baseDelayMs } = this.#options;
    const limit = timeLimit(endsAtMs);
    try {
      const options = { attempts: retryLimit, baseDelayMs, signal: AbortSignal.any([signal, ...limit]) };
      const { judgement } = await retry(() => this.#attempt(task, options.signal, endsAtMs), options);
      return judgement;
    } catch (error) {
      signal.throwIfAborted();
      const late = limit.some(({ aborted }) => aborted);
      const code = late ? 'TIMEOUT' : error instanceof ValidationError ? error.code : 'MODEL_ERROR';
      const reason = REASON[code] ?? (isRetryable(error) ? 'model_error' : 'not_judgeable');
      return abstention(reason, `No judgement: ${(error as Error).message}.`, this.#model);
    }
  }

  async #attempt(task: Task, signal: AbortSignal, endsAtMs: number): Promise<WorkerAnswer> {
    const worker = this.#takeWorker();
    let keep = false;
    try {
      const leftMs = Math.max(1, Math.floor(endsAtMs - performance.now()));
      const { timeoutMs, escalationTimeoutMs } = this.#options;
      const attemptMs = task.escalates === undefined ? timeoutMs : escalationTimeoutMs;
      const answer = await worker.judge(task, Math.min(attemptMs, leftMs), signal);
      for (const [name, meanMs] of Object.entries(answer.latencyMs)) this.#latency.set(name, meanMs);
      keep = true;
      return answer;
    } catch (error) {
      // The worker said so itself and is sound; after a timeout, a crash or an abort it is not.
      keep = error instanceof ValidationError && !(error.code in REASON);
      if (!keep && !signal.aborted) this.#counts.lost++;
      throw error;
    } finally {
      await this.#giveBack(worker, keep);
    }
  }

  #takeWorker(): PooledWorker {
    const { worker, ending } = this.#idle.pop() ?? {
      worker: new PooledWorker(this.#options.models, this.#memory, this.#options.entry),
    };
    clearTimeout(ending);
    if (worker.dead) return this.#takeWorker();
    this.#busy.add(worker);
    return worker;
  }

  async #giveBack(worker: PooledWorker, keep: boolean): Promise<void> {
    this.#busy.delete(worker);
    const fresh =
      keep && !worker.dead && worker.jobs < this.#options.maxJobsPerWorker && !this.#stopping.signal.aborted;
    if (fresh) this.#rest(worker);
    else await worker.discard();
  }

  #rest(worker: PooledWorker): void {
    const ending = setTimeout(() => {
      this.#idle.splice(
        this.#idle.findIndex((resting) => resting.worker === worker),
        1,
      );
      this.#slots.narrow(this.#idle.length + this.#busy.size);
      void this.#track(worker.discard());
    }, this.#options.idleMs).unref();
    this.#idle.push({ worker, ending });
  }

  snapshot(): WorkerPoolSnapshot {
    const { processed, succeeded, failed, totalMs, lost } = this.#counts;
    return {
      queued: this.#slots.waiting,
      active: this.#slots.active,
      workers: this.#idle.length + this.#busy.size,
      jobsProcessed: processed,
      succeeded,
      failed,
      averageProcessingMs: processed === 0 ? 0 : totalMs / processed,
      modelLatencyMs: Object.fromEntries(this.#latency),
      workersLost: lost,
      endpoints: this.#memory.snapshot(),
    };
  }

  /** Abandons what runs and waits until every thread is gone. */
  async stop(): Promise<void> {
    this.#stopping.abort(new ValidationError('the worker pool was stopped', 'STOPPED'));
    await Promise.allSettled(this.#running);
    const idle = this.#idle.splice(0);
    for (const { ending } of idle) clearTimeout(ending);
    await Promise.all(idle.map(({ worker }) => worker.discard()));
  }
}

type PoolSize = Pick<Required<WorkerPoolOptions>, 'models' | 'concurrency' | 'hungMs'>;

/** Judges of an endpoint only wait; all others compute, and more threads than half the cores would starve the node. */
function slotsFor({ models, concurrency, hungMs }: PoolSize): SlotOptions {
  const waits = Object.values(models.models ?? {}).some(({ provider }) => provider === 'openai');
  const computing = Math.max(1, Math.min(COMPUTING_MAX, Math.floor(availableParallelism() / 2)));
  return { max: concurrency, usual: waits ? concurrency : computing, patienceMs: PATIENCE_MS, hungMs };
}

/** A signal that ends what is under way at a time of `performance.now`, unless that is never. */
function timeLimit(endsAtMs: number): AbortSignal[] {
  if (!Number.isFinite(endsAtMs)) return [];
  return [AbortSignal.timeout(Math.max(0, Math.floor(endsAtMs - performance.now())))];
}
