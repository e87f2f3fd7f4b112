import type { Digest } from '../protocol/hash.ts';

/** Which journal entries still hold records of undecided tasks; the others may go. */
export class JournalIndex {
  readonly #ticksOf = new Map<Digest, number[]>();
  readonly #openIn = new Map<number, Set<Digest>>();

  /** Notes an entry; returns true if it holds nothing of an open task. */
  add(tick: number, taskIds: Iterable<Digest>): boolean {
    const open = new Set(taskIds);
    if (open.size === 0) return true;
    this.#openIn.set(tick, open);
    for (const taskId of open) {
      const ticks = this.#ticksOf.get(taskId);
      if (ticks === undefined) this.#ticksOf.set(taskId, [tick]);
      else ticks.push(tick);
    }
    return false;
  }

  /** Forgets a task; returns the entries that hold nothing any more. */
  remove(taskId: Digest): number[] {
    const ticks = this.#ticksOf.get(taskId) ?? [];
    this.#ticksOf.delete(taskId);
    return ticks.filter((tick) => {
      const open = this.#openIn.get(tick)!;
      open.delete(taskId);
      return open.size === 0 && this.#openIn.delete(tick);
    });
  }
}
