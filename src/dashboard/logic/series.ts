import type { ResultSummary } from '../../rpc/api.ts';

type Outcome = ResultSummary['outcome'];

export const OUTCOME_ORDER: readonly Outcome[] = ['APPROVED', 'REJECTED', 'INCONCLUSIVE', 'EXPIRED'];
const MINUTE_MS = 60_000;

/** Decisions of one minute, by outcome. */
export interface MinuteBucket {
  startMs: number;
  counts: Record<Outcome, number>;
  total: number;
}

function noCounts(): Record<Outcome, number> {
  return { APPROVED: 0, REJECTED: 0, INCONCLUSIVE: 0, EXPIRED: 0 };
}

/** The last `minutes` minutes up to now, oldest first; results outside of them are left out. */
export function perMinute(results: readonly ResultSummary[], nowMs: number, minutes: number): MinuteBucket[] {
  const first = Math.floor(nowMs / MINUTE_MS) - minutes + 1;
  const buckets = Array.from({ length: minutes }, (_, at) => {
    return { startMs: (first + at) * MINUTE_MS, counts: noCounts(), total: 0 };
  });
  for (const { storedAt, outcome } of results) {
    const bucket = buckets[Math.floor(Date.parse(storedAt) / MINUTE_MS) - first];
    if (bucket === undefined) continue;
    bucket.counts[outcome]++;
    bucket.total++;
  }
  return buckets;
}

export interface Share {
  outcome: Outcome;
  count: number;
  /** 0 to 1. */
  share: number;
}

/** How often each outcome came, without those that never did. */
export function verdictShares(results: readonly ResultSummary[]): Share[] {
  const counts = noCounts();
  for (const { outcome } of results) counts[outcome]++;
  return OUTCOME_ORDER.filter((outcome) => counts[outcome] > 0).map((outcome) => {
    return { outcome, count: counts[outcome], share: counts[outcome] / results.length };
  });
}

/** The nearest-rank quantile, or null of nothing. */
export function quantile(values: readonly number[], q: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? null;
}

/** A round number at or above the greatest value: where an axis may end. */
export function axisEnd(greatest: number): number {
  if (greatest <= 1) return 1;
  const magnitude = 10 ** Math.floor(Math.log10(greatest));
  return [1, 2, 5, 10].map((step) => step * magnitude).find((end) => end >= greatest)!;
}
