/** Wall-clock time for one prediction with all its requests, retries and waits. */
export interface Budget {
  /** Aborts when the time is over, or when the caller gives up. */
  readonly signal: AbortSignal;
  /** The time is over, and it was not the caller who gave up. */
  spent(): boolean;
  remainingMs(): number;
}

export function startBudget(budgetMs: number, caller: AbortSignal | undefined): Budget {
  const wholeMs = Math.max(0, Math.floor(budgetMs));
  const endsAtMs = performance.now() + wholeMs;
  const timer = AbortSignal.timeout(wholeMs);
  return {
    signal: caller === undefined ? timer : AbortSignal.any([caller, timer]),
    spent: () => timer.aborted && caller?.aborted !== true,
    remainingMs: () => endsAtMs - performance.now(),
  };
}
