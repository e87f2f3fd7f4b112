/** A time in which a validator took no part, of `performance.now()`. */
export interface Absence {
  index: number;
  fromMs: number;
  toMs: number;
}

/** Who was away when; tells from when on a task had to become final. */
export class Absences {
  readonly #all: Absence[] = [];

  add(absence: Absence): void {
    this.#all.push(absence);
  }

  /**
   * The end of the last fault that may hold up a task acknowledged at `fromMs` and final at `toMs`: its origin was away,
   * which alone may know it, or two were, where one is allowed. `fromMs` if there was none.
   */
  healedAt({ origin, fromMs, toMs }: { origin: number; fromMs: number; toMs: number }): number {
    const met = this.#all.filter((absence) => absence.fromMs < toMs && absence.toMs > fromMs);
    const ends = met.flatMap((absence) => {
      if (absence.index === origin) return [absence.toMs];
      return met
        .filter((other) => other.index !== absence.index && overlap(absence, other))
        .map((other) => end(absence, other));
    });
    return Math.max(fromMs, ...ends.filter((endMs) => endMs < toMs));
  }
}

function overlap(one: Absence, other: Absence): boolean {
  return one.fromMs < other.toMs && other.fromMs < one.toMs;
}

function end(one: Absence, other: Absence): number {
  return Math.min(one.toMs, other.toMs);
}
