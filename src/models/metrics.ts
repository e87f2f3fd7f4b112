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
