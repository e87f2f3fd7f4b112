import type { Digest } from '../protocol/hash.ts';
import { UNDER_WAY_MAX, UNDER_WAY_MS } from './limits.ts';
import type { Clock } from './ports.ts';

/**
 * Lets tasks to the judge in the order in which they came, so many under way at once as a network ends without its
 * timeouts: what is begun with too many others is repeated, asked for and voted on in round after round, and all become
 * late. A task is under way from its turn until it ends. Waiting counts into the judge's budget.
 *
 * No two nodes need agree on the order: what another validator has spoken of is let in at once. Nor can tasks that
 * nobody can decide hold up others: after a while a task gives its place away, and goes on without one.
 */
export class JudgingGate {
  readonly #clock: Clock;
  /** In the order of their coming; what is called begins them. */
  readonly #waiting = new Map<Digest, () => void>();
  /** What is called forgets when the place is given away. */
  readonly #places = new Map<Digest, () => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True while a task waits for its turn. */
  isWaiting(taskId: Digest): boolean {
    return this.#waiting.has(taskId);
  }

  /** Begins a task once it is its turn: at once, or when others leave; never if it leaves before. */
  enter(taskId: Digest, begin: () => void): void {
    if (this.#places.size >= UNDER_WAY_MAX) return void this.#waiting.set(taskId, begin);
    this.#hold(taskId);
    begin();
  }

  /** Others are at it already. */
  letIn(taskId: Digest): void {
    const begin = this.#waiting.get(taskId);
    if (begin === undefined) return;
    this.#waiting.delete(taskId);
    this.#hold(taskId);
    // Where many end at once, this one may be among them: then nobody is asked.
    queueMicrotask(() => this.#places.has(taskId) && begin());
  }

  /** The task ended, judged or not. */
  leave(taskId: Digest): void {
    this.#waiting.delete(taskId);
    this.#places.get(taskId)?.();
    if (!this.#places.delete(taskId) || this.#places.size >= UNDER_WAY_MAX) return;
    const [next] = this.#waiting.keys();
    if (next !== undefined) this.letIn(next);
  }

  #hold(taskId: Digest): void {
    const cancel = this.#clock.setTimer(UNDER_WAY_MS, () => this.leave(taskId));
    this.#places.set(taskId, cancel);
  }
}
