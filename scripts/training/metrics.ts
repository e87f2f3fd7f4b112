/** Area under the ROC curve, ties at half. */
export function auc(scores: readonly number[], bad: readonly boolean[]): number {
  const order = scores.map((_, i) => i).sort((a, b) => scores[a]! - scores[b]!);
  const positives = bad.filter(Boolean).length;
  let ranks = 0;
  for (let i = 0; i < order.length; ) {
    let j = i;
    while (j < order.length && scores[order[j]!] === scores[order[i]!]) j++;
    for (let k = i; k < j; k++) if (bad[order[k]!]) ranks += (i + j + 1) / 2;
    i = j;
  }
  return (ranks - (positives * (positives + 1)) / 2) / (positives * (bad.length - positives));
}

/** Mean of sensitivity and specificity; `threshold` in the scores' own unit. */
export function balancedAccuracy(scores: readonly number[], bad: readonly boolean[], threshold: number): number {
  const [hits, misses] = [true, false].map((wanted) => {
    const own = scores.filter((_, i) => bad[i] === wanted);
    return own.filter((score) => score > threshold === wanted).length / own.length;
  });
  return (hits! + misses!) / 2;
}

export function brier(probabilities: readonly number[], truth: readonly boolean[]): number {
  return probabilities.reduce((sum, p, i) => sum + (p - (truth[i] ? 1 : 0)) ** 2, 0) / probabilities.length;
}

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

/** A 95% interval by the percentile bootstrap over rows. */
export function interval(
  size: number,
  measure: (rows: number[]) => number,
  random: () => number,
  draws = 300,
): [number, number] {
  const values = Array.from({ length: draws }, () =>
    measure(Array.from({ length: size }, () => Math.floor(random() * size))),
  )
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  return [
    values[Math.floor(values.length * 0.025)] ?? Number.NaN,
    values[Math.floor(values.length * 0.975)] ?? Number.NaN,
  ];
}

/** Platt scaling: slope and offset of the log-odds that fit the labels best, by Newton's method with a weak prior. */
export function platt(scores: readonly number[], truth: readonly boolean[]): { slope: number; offset: number } {
  let [slope, offset] = [1, 0];
  for (let step = 0; step < 50; step++) {
    let [ga, gb, haa, hab, hbb] = [1e-2 * (1 - slope), -1e-3 * offset, 1e-2, 0, 1e-3];
    scores.forEach((score, i) => {
      const p = 1 / (1 + Math.exp(-(slope * score + offset)));
      const error = (truth[i] ? 1 : 0) - p;
      const h = Math.max(1e-6, p * (1 - p));
      ga += error * score;
      gb += error;
      haa += h * score * score;
      hab += h * score;
      hbb += h;
    });
    const det = haa * hbb - hab * hab;
    slope += (ga * hbb - gb * hab) / det;
    offset += (gb * haa - ga * hab) / det;
  }
  return { slope, offset };
}
