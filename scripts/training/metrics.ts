export { auc, balancedAccuracy, interval } from '../../src/models/metrics.ts';

/** Expected calibration error over ten equal bins of probability. */
export function calibrationError(probabilities: readonly number[], truth: readonly boolean[]): number {
  const bins = Array.from({ length: 10 }, () => ({ sum: 0, hits: 0 }));
  probabilities.forEach((p, i) => {
    const bin = bins[Math.min(9, Math.floor(p * 10))]!;
    bin.sum += p;
    bin.hits += truth[i] ? 1 : 0;
  });
  return bins.reduce((sum, { sum: total, hits }) => sum + Math.abs(total - hits), 0) / probabilities.length;
}

/** Share of pairs whose bad side scores higher; ties at half. */
export function pairwise(
  scores: readonly number[],
  bad: readonly boolean[],
  pairs: readonly (string | undefined)[],
): number {
  const sides = new Map<string, { bad?: number; good?: number }>();
  pairs.forEach((pair, i) => {
    if (pair === undefined) return;
    const side = sides.get(pair) ?? {};
    side[bad[i] ? 'bad' : 'good'] = scores[i]!;
    sides.set(pair, side);
  });
  const whole = [...sides.values()].filter((side) => side.bad !== undefined && side.good !== undefined);
  return (
    whole.reduce((sum, side) => sum + (side.bad! > side.good! ? 1 : side.bad === side.good ? 0.5 : 0), 0) / whole.length
  );
}
