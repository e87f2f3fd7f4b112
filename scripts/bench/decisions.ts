import type { BenchNet } from './net.ts';

/** Longer than judging and a peer's absence together. */
const WAIT_MS = 120_000;

/** When each task was told to be decided and durable, by every node that is followed. */
export class Decisions {
  readonly #net: BenchNet;
  readonly #nodes: number;
  readonly #ending = new AbortController();
  readonly #streams: Promise<void>[] = [];
  readonly #told = new Map<string, number>();
  readonly #waiting = new Map<string, () => void>();
  /** Unix milliseconds, with fractions, at which the last node told of a task. */
  readonly allAtMs = new Map<string, number>();

  private constructor(net: BenchNet, nodes: number) {
    this.#net = net;
    this.#nodes = nodes;
  }

  /** Follows the events of nodes 0 to `nodes` - 1. */
  static async follow(net: BenchNet, nodes: number): Promise<Decisions> {
    const decisions = new Decisions(net, nodes);
    for (let index = 0; index < nodes; index++) await decisions.#open(index);
    return decisions;
  }

  /**
   * Resolves when all followed nodes hold the task's result.
   * @throws Error if they do not in two minutes
   */
  everywhere(taskId: string): Promise<void> {
    if (this.allAtMs.has(taskId)) return Promise.resolve();
    return new Promise((done, fail) => {
      const late = setTimeout(() => fail(new Error(`task ${taskId} was not decided everywhere`)), WAIT_MS);
      this.#waiting.set(taskId, () => {
        clearTimeout(late);
        done();
      });
    });
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await Promise.allSettled(this.#streams);
  }

  async #open(index: number): Promise<void> {
    const url = new URL('/events?types=task.decided', this.#net.validators[index]!.rpc);
    const answer = await fetch(url, { signal: this.#ending.signal });
    if (!answer.ok || answer.body === null) throw new Error(`${url} answered ${answer.status}`);
    this.#streams.push(this.#read(answer.body));
  }

  async #read(body: AsyncIterable<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const bytes of body) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
      rest = lines.pop()!;
      for (const line of lines) this.#line(line);
    }
  }

  #line(line: string): void {
    if (!line.startsWith('data:') || !line.includes('"outcome"')) return;
    const taskId = /"taskId":"([0-9a-f]{64})"/.exec(line)?.[1];
    if (taskId === undefined) return;
    const told = (this.#told.get(taskId) ?? 0) + 1;
    this.#told.set(taskId, told);
    if (told < this.#nodes) return;
    this.#told.delete(taskId);
    this.allAtMs.set(taskId, performance.timeOrigin + performance.now());
    this.#waiting.get(taskId)?.();
    this.#waiting.delete(taskId);
  }
}
