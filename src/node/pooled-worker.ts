import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { WorkerReply, WorkerRequest, WorkerStart } from '../models/judge-worker.ts';
import type { EndpointMemory } from '../models/openai/memory.ts';
import { serveMemory } from '../models/openai/remote-memory.ts';
import { ValidationError } from '../protocol/errors.ts';
import type { Judgement } from '../protocol/judgement.ts';
import type { Task } from '../protocol/task.ts';

/** What one attempt of a worker gave. */
export interface WorkerAnswer {
  judgement: Judgement;
  /** Mean milliseconds by model, as that worker measured. */
  latencyMs: Record<string, number>;
}

/** The worker's own deadline comes first, so that a slow endpoint is told from a hung worker. */
const GRACE_MS = 500;
/** A judge's heap: a diff of 4 MiB, its tokens and the weights fit twice. */
const HEAP_MIB_MAX = 256;
/** Room for what is new and soon gone. V8's own choice, up to 48, costs twice the memory a thread and saves no time. */
const YOUNG_HEAP_MIB_MAX = 4;

/** Compiled next to compiled code, as TypeScript next to TypeScript. */
const ENTRY = new URL(`../models/judge-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** One thread that judges one task at a time. Ends itself from outside: on a timeout or a crash it is thrown away. */
export class PooledWorker {
  jobs = 0;
  #worker: Worker;
  readonly #memoryPort: MessagePort;
  #exited: Promise<void>;
  #dead = false;

  constructor(models: WorkerStart['models'], memory: EndpointMemory, entry: URL = ENTRY) {
    const { port1, port2 } = new MessageChannel();
    this.#memoryPort = port1;
    serveMemory(memory, port1);
    this.#worker = new Worker(entry, {
      workerData: { models, memory: port2 } satisfies WorkerStart,
      transferList: [port2],
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX, maxYoungGenerationSizeMb: YOUNG_HEAP_MIB_MAX },
      stdout: false,
      stderr: false,
      env: {}, // a judge needs no environment, so it can leak none
    });
    this.#exited = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    this.#worker.once('exit', () => {
      this.#dead = true;
    });
    this.#worker.on('error', () => {
      this.#dead = true;
    });
    this.#worker.unref();
  }

  get dead(): boolean {
    return this.#dead;
  }

  /**
   * One attempt. After any rejection but one of code VALIDATION_FAILED or MODEL_ERROR the worker must be discarded.
   * @throws ValidationError TIMEOUT, WORKER_CRASHED, or the code the worker told; the signal's reason when aborted
   */
  async judge(task: Task, timeoutMs: number, signal: AbortSignal): Promise<WorkerAnswer> {
    this.jobs++;
    const cleanup = new AbortController();
    try {
      return await Promise.race([
        this.#reply(task, timeoutMs, cleanup.signal),
        this.#end(timeoutMs + GRACE_MS, signal, cleanup.signal),
      ]);
    } finally {
      cleanup.abort();
    }
  }

  #reply(task: Task, timeoutMs: number, done: AbortSignal): Promise<WorkerAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<WorkerAnswer>();
    const answered = (reply: WorkerReply) => {
      if ('judgement' in reply) resolve(reply);
      else reject(new ValidationError(`the judge failed: ${reply.error.message}`, reply.error.code));
    };
    const crashed = () => reject(new ValidationError('the judging worker died on this task', 'WORKER_CRASHED'));
    this.#worker.once('message', answered).once('error', crashed).once('exit', crashed);
    done.addEventListener('abort', () =>
      this.#worker.off('message', answered).off('error', crashed).off('exit', crashed),
    );
    this.#worker.ref();
    done.addEventListener('abort', () => this.#worker.unref());
    this.#worker.postMessage({ judge: task, deadlineMs: timeoutMs } satisfies WorkerRequest);
    return promise;
  }

  #end(timeoutMs: number, signal: AbortSignal, done: AbortSignal): Promise<never> {
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new ValidationError('the judge gave no answer in time', 'TIMEOUT')),
      timeoutMs,
    );
    done.addEventListener('abort', () => clearTimeout(timer));
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { signal: done });
    return promise;
  }

  /** Ends the thread, also in the middle of an endless loop, and waits until it is gone. */
  async discard(): Promise<void> {
    this.#dead = true;
    await this.#worker.terminate();
    await this.#exited;
    this.#memoryPort.close();
  }
}
