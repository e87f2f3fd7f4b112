import type { Digest } from '../protocol/hash.ts';

/** Which journal entries still hold records of undecided tasks; the others may go. */
export class JournalIndex {
  readonly #ticksOf = new Map<Digest, number[]>();
  /** How many open tasks each entry has records of. */
  readonly #openIn = new Map<number, number>();

  /** Notes an entry; returns true if it holds nothing of an open task. */
  add(tick: number, taskIds: Iterable<Digest>): boolean {
    const open = new Set(taskIds);
    if (open.size === 0) return true;
    this.#openIn.set(tick, open.size);
    for (const taskId of open) {
      // A copy takes no room for more, as an array that grows does.
      this.#ticksOf.set(taskId, (this.#ticksOf.get(taskId) ?? []).concat(tick));
    }
    return false;
  }

  /** Forgets a task; returns the entries that hold nothing any more. */
  remove(taskId: Digest): number[] {
    const ticks = this.#ticksOf.get(taskId) ?? [];
    this.#ticksOf.delete(taskId);
    return ticks.filter((tick) => {
      const left = this.#openIn.get(tick)! - 1;
      if (left > 0) this.#openIn.set(tick, left);
      return left === 0 && this.#openIn.delete(tick);
    });
  }
}
