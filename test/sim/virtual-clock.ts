import type { Clock } from '../../src/engine/ports.ts';

interface Event {
  atMs: number;
  order: number;
  action: () => void;
  cancelled: boolean;
}

/** Time that passes only when the simulator says so; events of one moment run in the order in which they were set. */
export class VirtualClock implements Clock {
  readonly #heap: Event[] = [];
  #nowMs = 1_700_000_000_000;
  #order = 0;

  nowMs(): number {
    return Math.floor(this.#nowMs);
  }

  setTimer(delayMs: number, action: () => void): () => void {
    const event = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, action, cancelled: false };
    this.#push(event);
    return () => {
      event.cancelled = true;
    };
  }

  /** Runs the next event; false if there is none up to a moment. */
  runNext(untilMs: number): boolean {
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= untilMs; next = this.#heap[0]) {
      this.#pop();
      if (next.cancelled) continue;
      this.#nowMs = next.atMs;
      next.action();
      return true;
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
    return false;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    heap.push(event);
    for (let i = heap.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!before(heap[i]!, heap[parent]!)) break;
      [heap[i], heap[parent]] = [heap[parent]!, heap[i]!];
      i = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    heap[0] = last;
    for (let i = 0; ; ) {
      const [left, right] = [2 * i + 1, 2 * i + 2];
      let least = i;
      if (left < heap.length && before(heap[left]!, heap[least]!)) least = left;
      if (right < heap.length && before(heap[right]!, heap[least]!)) least = right;
      if (least === i) break;
      [heap[i], heap[least]] = [heap[least]!, heap[i]!];
      i = least;
    }
  }
}

/** One node's view of the time: it may jump, and its timers take no notice. */
export class NodeClock implements Clock {
  readonly #clock: VirtualClock;
  #aheadMs = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  step(byMs: number): void {
    this.#aheadMs += byMs;
  }

  nowMs(): number {
    return this.#clock.nowMs() + this.#aheadMs;
  }

  setTimer(delayMs: number, action: () => void): () => void {
    return this.#clock.setTimer(delayMs, action);
  }
}

function before(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** Lets promise reactions run; longer than any chain of awaits in the engine. */
export async function drainMicrotasks(): Promise<void> {
  for (let i = 0; i < 12; i++) await null;
}
