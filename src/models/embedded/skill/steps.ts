/** An additive model as stored: of each feature, thresholds and what passing each of them adds to the log-odds. */
export interface StepWeights {
  bias: number;
  features: readonly number[];
  thresholds: readonly (readonly number[])[];
  gains: readonly (readonly number[])[];
}

/** Log-odds as a sum of one staircase for each feature: no feature changes what another is worth. */
export function stepLogOdds({ bias, features, thresholds, gains }: StepWeights, values: ArrayLike<number>): number {
  let sum = bias;
  features.forEach((feature, i) => {
    thresholds[i]!.forEach((threshold, step) => {
      if ((values[feature] ?? 0) > threshold) sum += gains[i]![step]!;
    });
  });
  return sum;
}
