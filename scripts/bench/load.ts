import { setTimeout as delay } from 'node:timers/promises';
import type { Decisions } from './decisions.ts';
import { quantile } from './measures.ts';
import type { BenchNet } from './net.ts';
import { taskMaker } from './tasks.ts';

/** What a load came to. Latencies are from the submission to the last node's durable result. */
export interface Loaded {
  tasks: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
}

export interface LoadOptions {
  net: BenchNet;
  decisions: Decisions;
  nodes: number;
  seconds: number;
}

/** Tasks of one HTTP request. */
const BATCH = 50;
/** A first part of the time that warms up and is not counted. */
const WARM_SHARE = 0.25;

/** Keeps a fixed number of tasks under way, submitted to the nodes in turn. */
export async function closedLoad(options: LoadOptions & { inFlight: number }): Promise<Loaded> {
  const { inFlight, nodes } = options;
  const streams = Math.min(inFlight, 4 * nodes);
  const measure = new Measure(options);
  const sizes = Array.from({ length: streams }, (_, n) => Math.floor((inFlight + n) / streams));
  await Promise.all(sizes.map((size, n) => keepUnderWay(size, n % nodes, measure)));
  return measure.result();
}

/** Holds `size` tasks open at one node: as many as were decided are submitted anew, in one batch. */
async function keepUnderWay(size: number, index: number, measure: Measure): Promise<void> {
  const batches = Array.from({ length: Math.ceil(size / BATCH) }, (_, n) => Math.min(BATCH, size - n * BATCH));
  await Promise.all(
    batches.map(async (count) => {
      while (!measure.over) await Promise.all(await measure.submit(index, count));
    }),
  );
}

/** Submits at a steady rate, whatever becomes of the tasks before. */
export async function openLoad(options: LoadOptions & { rate: number }): Promise<Loaded> {
  const measure = new Measure(options);
  const pending: Promise<unknown>[] = [];
  const startMs = performance.now();
  for (let sent = 0; !measure.over; sent++) {
    await delay(Math.max(0, startMs + (sent / options.rate) * 1000 - performance.now()));
    pending.push(measure.submit(sent % options.nodes, 1).then((waits) => Promise.all(waits)));
  }
  await Promise.all(pending);
  return measure.result();
}

class Measure {
  readonly #options: LoadOptions;
  readonly #make = taskMaker();
  readonly #startMs = performance.now();
  readonly #latenciesMs: number[] = [];
  #lastMs = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  get #elapsedMs(): number {
    return performance.now() - this.#startMs;
  }

  get over(): boolean {
    return this.#elapsedMs > this.#options.seconds * 1000;
  }

  /** Submits tasks; what resolves when each is decided everywhere. */
  async submit(index: number, count: number): Promise<Promise<void>[]> {
    const { net, decisions } = this.#options;
    const sentMs = performance.now();
    const ids = await net.submit(index, Array.from({ length: count }, this.#make));
    return ids.map((id) => decisions.everywhere(id).then(() => this.#count(sentMs)));
  }

  #count(sentMs: number): void {
    if (this.over || this.#elapsedMs < this.#warmMs) return;
    this.#latenciesMs.push(performance.now() - sentMs);
    this.#lastMs = this.#elapsedMs;
  }

  get #warmMs(): number {
    return this.#options.seconds * 1000 * WARM_SHARE;
  }

  result(): Loaded {
    const tasks = this.#latenciesMs.length;
    const spanMs = this.#lastMs - this.#warmMs;
    const [p50Ms, p99Ms] = [quantile(this.#latenciesMs, 0.5), quantile(this.#latenciesMs, 0.99)];
    return { tasks, perSecond: tasks === 0 ? 0 : (1000 * tasks) / spanMs, p50Ms, p99Ms };
  }
}
