import type { Digest } from '../protocol/hash.ts';
import type { Judgement } from '../protocol/judgement.ts';
import type { Task } from '../protocol/task.ts';
import { UNDER_WAY_MAX, UNDER_WAY_MS } from './limits.ts';
import type { Clock, Judge } from './ports.ts';

/**
 * Lets tasks to the judge in the order in which they came, so many under way at once as a network ends without its
 * timeouts: what is begun with too many others is repeated, asked for and voted on in round after round, and all become
 * late. A task is under way from its turn until it ends. Waiting counts into the judge's budget.
 *
 * No two nodes need agree on the order: what another validator has spoken of is let in at once. Nor can tasks that
 * nobody can decide hold up others: after a while a task gives its place away, and goes on without one.
 */
export class JudgingGate {
  readonly #judge: Judge;
  readonly #clock: Clock;
  /** In the order of their coming; what is called lets them in. */
  readonly #waiting = new Map<Digest, () => void>();
  readonly #places = new Map<Digest, () => void>();

  constructor(judge: Judge, clock: Clock) {
    this.#judge = judge;
    this.#clock = clock;
  }

  /** True while a task waits for its turn. */
  isWaiting(taskId: Digest): boolean {
    return this.#waiting.has(taskId);
  }

  /** As a {@link Judge}, once it is the task's turn. @param signal aborted when the task ends, judged or not */
  judge(taskId: Digest, task: Task, signal: AbortSignal, budgetMs: number): Promise<Judgement> {
    const begin = (leftMs: number) => {
      this.#hold(taskId, signal);
      return this.#judge.judge(task, signal, leftMs);
    };
    if (this.#places.size < UNDER_WAY_MAX) return begin(budgetMs);
    const endMs = this.#clock.nowMs() + budgetMs;
    return this.#turn(taskId, signal).then(() => begin(Math.max(0, endMs - this.#clock.nowMs())));
  }

  /** Others are at it already. */
  letIn(taskId: Digest): void {
    this.#waiting.get(taskId)?.();
  }

  /** @throws the signal's reason */
  #turn(taskId: Digest, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(taskId);
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.set(taskId, () => {
        signal.removeEventListener('abort', leave);
        this.#waiting.delete(taskId);
        resolve();
      });
    });
  }

  #hold(taskId: Digest, signal: AbortSignal): void {
    const release = () => {
      cancel();
      signal.removeEventListener('abort', release);
      if (!this.#places.delete(taskId)) return;
      if (this.#places.size < UNDER_WAY_MAX) this.#waiting.values().next().value?.();
    };
    const cancel = this.#clock.setTimer(UNDER_WAY_MS, release);
    signal.addEventListener('abort', release, { once: true });
    this.#places.set(taskId, release);
  }
}
