import { quantile, rounded } from '../bench/measures.ts';

/** What a campaign came to. */
export interface Report {
  figures: Record<string, unknown>;
  /** Counts of what must not be; all zero in a good run. */
  checks: Record<string, number>;
}

/** Calls to one network at a time; it answers them all in one event loop a node. */
const CALLS_MAX = 32;

/** Does `work` with every item, a few at a time, and gives what came of it in the same order. */
export async function inBatches<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += CALLS_MAX)
    results.push(...(await Promise.all(items.slice(at, at + CALLS_MAX).map(work))));
  return results;
}

/** Tells whoever watches, beside the figures on standard output. */
export function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function spread(timesMs: readonly number[]): { tasks: number; 'p50 ms': number; 'p99 ms': number } {
  return {
    tasks: timesMs.length,
    'p50 ms': rounded(quantile(timesMs, 0.5)),
    'p99 ms': rounded(quantile(timesMs, 0.99)),
  };
}
