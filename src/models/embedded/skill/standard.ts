/** Which features a model sees, with the means and spreads that bring them to one scale. */
export interface Standard {
  features: readonly number[];
  means: readonly number[];
  spreads: readonly number[];
}

/** Further out a value tells nothing more. */
const SCORE_MAX = 3;

/** Standard scores of the chosen features, from -3 to 3. */
export function standardScores(values: ArrayLike<number>, { features, means, spreads }: Standard): Float32Array {
  return Float32Array.from(features, (feature, i) => {
    const score = ((values[feature] ?? 0) - means[i]!) / (spreads[i] || 1);
    return Math.max(-SCORE_MAX, Math.min(SCORE_MAX, score));
  });
}
