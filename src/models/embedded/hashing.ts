/** FNV-1a over UTF-16 units, 32 bits: features are hashed, so weights hold no word of the training data. */
export function hash32(text: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  // The last bits of FNV are weak for short texts: fold the high ones in.
  return (state ^ (state >>> 15)) >>> 0;
}

/** Counts of hashed features: bucket to count. */
export class FeatureBag {
  readonly counts = new Map<number, number>();
  readonly #buckets: number;

  constructor(buckets: number) {
    this.#buckets = buckets;
  }

  add(feature: string, count = 1): void {
    const bucket = hash32(feature) % this.#buckets;
    this.counts.set(bucket, (this.counts.get(bucket) ?? 0) + count);
  }
}

/** A sparse vector: buckets and their values. */
export interface Sparse {
  buckets: Uint32Array;
  values: Float32Array;
}

/** Counts on a logarithmic scale, signs kept, with the Euclidean length `length`. */
export function scaled(bag: FeatureBag, length = 1): Sparse {
  const buckets = Uint32Array.from(bag.counts.keys());
  const values = Float32Array.from(bag.counts.values(), (count) => Math.sign(count) * Math.log1p(Math.abs(count)));
  const norm = Math.hypot(...chunked(values)) || 1;
  for (let i = 0; i < values.length; i++) values[i]! *= length / norm;
  return { buckets, values };
}

/** Lengths of pieces, since a call takes only so many arguments. */
function chunked(values: Float32Array): number[] {
  const lengths: number[] = [];
  for (let i = 0; i < values.length; i += 1000) lengths.push(Math.hypot(...values.subarray(i, i + 1000)));
  return lengths;
}

/** Several sparse vectors as one; buckets may repeat. */
export function joined(parts: readonly Sparse[]): Sparse {
  const size = parts.reduce((sum, part) => sum + part.buckets.length, 0);
  const whole: Sparse = { buckets: new Uint32Array(size), values: new Float32Array(size) };
  let at = 0;
  for (const { buckets, values } of parts) {
    whole.buckets.set(buckets, at);
    whole.values.set(values, at);
    at += buckets.length;
  }
  return whole;
}
