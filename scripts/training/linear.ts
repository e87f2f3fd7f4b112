import type { Sparse } from '../../src/models/embedded/hashing.ts';
import type { LinearWeights } from '../../src/models/embedded/linear.ts';
import { generator, shuffled } from './random.ts';

export interface Example {
  features: Sparse;
  label: number;
  weight: number;
}

/** Logistic regression by AdaGrad with weight decay; weights in double precision. */
export function trainLinear(
  examples: readonly Example[],
  buckets: number,
  { epochs = 12, rate = 0.25, decay = 2e-5, seed = 1 } = {},
) {
  const weights = new Float64Array(buckets);
  const squares = new Float64Array(buckets).fill(1e-2);
  let [bias, biasSquares] = [0, 1e-2];
  const random = generator(seed);
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const { features, label, weight } of shuffled(examples, random)) {
      const { buckets: at, values } = features;
      let sum = bias;
      for (let i = 0; i < at.length; i++) sum += weights[at[i]!]! * values[i]!;
      const error = (1 / (1 + Math.exp(-sum)) - label) * weight;
      biasSquares += error * error;
      bias -= (rate * error) / Math.sqrt(biasSquares);
      for (let i = 0; i < at.length; i++) {
        const bucket = at[i]!;
        const gradient = error * values[i]! + decay * weights[bucket]!;
        squares[bucket]! += gradient * gradient;
        weights[bucket]! -= (rate * gradient) / Math.sqrt(squares[bucket]!);
      }
    }
  }
  return { bias, weights };
}

/** Rounds to int8; about three significant digits of the largest weights remain. */
export function quantize(bias: number, weights: Float64Array): LinearWeights {
  // A few very large weights would cost all others their precision: clip at the 99.95th percentile.
  const sizes = [...weights].map(Math.abs).sort((a, b) => a - b);
  const top = sizes[Math.floor(sizes.length * 0.9995)] || 1;
  const scale = top / 127;
  const bytes = Int8Array.from(weights, (weight) => Math.round(Math.max(-127, Math.min(127, weight / scale))));
  return {
    buckets: weights.length,
    bias: Number(bias.toFixed(5)),
    scale: Number(scale.toPrecision(6)),
    weights: Buffer.from(bytes.buffer).toString('base64'),
  };
}
