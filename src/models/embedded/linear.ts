import type { Sparse } from './hashing.ts';

/** A linear classifier as stored: int8 weights in base64, with the factor that restores them. */
export interface LinearWeights {
  /** Size of the hashed feature space. */
  buckets: number;
  bias: number;
  scale: number;
  weights: string;
}

/** Log-odds from hashed features. */
export class LinearModel {
  readonly buckets: number;
  readonly #bias: number;
  readonly #scale: number;
  readonly #weights: Int8Array;

  constructor({ buckets, bias, scale, weights }: LinearWeights) {
    this.buckets = buckets;
    this.#bias = bias;
    this.#scale = scale;
    this.#weights = new Int8Array(Buffer.from(weights, 'base64'));
  }

  logOdds(features: Sparse): number {
    return this.#bias + this.sum(features);
  }

  /** What features add to the log-odds, without the bias. */
  sum({ buckets, values }: Sparse): number {
    let sum = 0;
    for (let i = 0; i < buckets.length; i++) sum += this.#weights[buckets[i]!]! * values[i]!;
    return sum * this.#scale;
  }
}
