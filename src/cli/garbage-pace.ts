import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { GROWTH_AT_REST, oldSpaceGrowth } from './small-memory.ts';

/** Decided tasks a second from which on a node is busy: its tasks outlive the space for new objects. */
const BUSY_TASKS = 20;
/** Seconds with fewer before it counts as at rest again. */
const QUIET_SECONDS = 10;
/** Per cent by which old objects may grow before they are collected: more gains nothing. */
const GROWTH_BUSY = 200;

/** What of V8 is set; only a test has another. */
export interface Heap {
  /** How much old objects may grow, in per cent, before they are collected. */
  setGrowth(percent: number): void;
  /** Collects what can be, and gives its memory back: about 50 ms. */
  collect(): void;
}

/**
 * Memory is small at rest, and speed counts under load: old objects that are collected once a third was added cost a
 * busy node a quarter of its CPU, since every collection visits all that lives. So they may triple meanwhile.
 */
export class GarbagePace {
  readonly #heap: Heap;
  #decided = 0;
  #quietSeconds = 0;
  #busy = false;

  constructor(heap: Heap) {
    this.#heap = heap;
  }

  noteDecision(): void {
    this.#decided += 1;
  }

  /** To be called once a second. */
  tick(): void {
    this.#quietSeconds = this.#decided >= BUSY_TASKS ? 0 : this.#quietSeconds + 1;
    this.#decided = 0;
    if (!this.#busy && this.#quietSeconds === 0) this.#turn(true);
    else if (this.#busy && this.#quietSeconds >= QUIET_SECONDS) this.#turn(false);
  }

  #turn(busy: boolean): void {
    this.#busy = busy;
    this.#heap.setGrowth(busy ? GROWTH_BUSY : GROWTH_AT_REST);
    if (!busy) this.#heap.collect();
  }
}

/** Paces the collections of this process by the decisions of its node; the returned function ends that. */
export function paceGarbage(onDecided: (listener: () => void) => () => void): () => void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as (options: object) => void;
  const collect = () => gc({ type: 'major', execution: 'sync' });
  const pace = new GarbagePace({ setGrowth: (percent) => setFlagsFromString(oldSpaceGrowth(percent)), collect });
  const forget = onDecided(() => pace.noteDecision());
  const timer = setInterval(() => pace.tick(), 1000).unref();
  return () => {
    forget();
    clearInterval(timer);
  };
}
