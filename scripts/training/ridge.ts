import type { Example } from './linear.ts';

export interface RidgeOptions {
  /** What a weight costs by its square, in examples; the bias costs nothing. */
  decay: number;
  steps?: number;
}

interface Fit {
  bias: number;
  weights: Float64Array;
}

/** Changes of the last steps, from which the curvature is guessed. */
const MEMORY = 8;
const HALVINGS_MAX = 20;

/**
 * Logistic regression with a quadratic penalty, by L-BFGS over all examples at once: unlike one example after another, it
 * keeps weights of rare features small, however many there are.
 */
export function trainRidge(examples: readonly Example[], buckets: number, { decay, steps = 60 }: RidgeOptions): Fit {
  const table = new Table(examples, buckets);
  let point = new Float64Array(buckets + 1);
  let { loss, gradient } = table.at(point, decay);
  const changes: Change[] = [];
  for (let step = 0; step < steps; step++) {
    const direction = downhill(gradient, changes);
    const slope = dot(direction, gradient);
    let size = step === 0 ? 1 / Math.sqrt(dot(gradient, gradient)) : 1;
    let next = moved(point, direction, size);
    let found = table.at(next, decay);
    for (let i = 0; i < HALVINGS_MAX && found.loss > loss + 1e-4 * size * slope; i++) {
      size /= 2;
      next = moved(point, direction, size);
      found = table.at(next, decay);
    }
    if (found.loss >= loss) break;
    const change = { point: moved(next, point, -1), gradient: moved(found.gradient, gradient, -1) };
    if (dot(change.point, change.gradient) > 1e-10) changes.push(change);
    if (changes.length > MEMORY) changes.shift();
    [point, loss, gradient] = [next, found.loss, found.gradient];
  }
  return { bias: point[buckets]!, weights: point.slice(0, buckets) };
}

interface Change {
  point: Float64Array;
  gradient: Float64Array;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function moved(from: Float64Array, direction: Float64Array, size: number): Float64Array<ArrayBuffer> {
  return new Float64Array(from).map((value, i) => value + size * direction[i]!);
}

/** The direction of Newton's method with the curvature that the last changes suggest. */
function downhill(gradient: Float64Array, changes: readonly Change[]): Float64Array {
  let direction = gradient.map((value) => -value);
  const shares = changes.map(() => 0);
  for (let i = changes.length - 1; i >= 0; i--) {
    const { point, gradient: turn } = changes[i]!;
    shares[i] = dot(point, direction) / dot(point, turn);
    direction = moved(direction, turn, -shares[i]!);
  }
  const last = changes.at(-1);
  const scale = last === undefined ? 1 : dot(last.point, last.gradient) / dot(last.gradient, last.gradient);
  direction = direction.map((value) => scale * value);
  changes.forEach(({ point, gradient: turn }, i) => {
    direction = moved(direction, point, shares[i]! - dot(turn, direction) / dot(point, turn));
  });
  return direction;
}

/** All examples in a few long arrays. */
class Table {
  readonly #examples: readonly Example[];
  readonly #buckets: number;
  readonly #starts: Uint32Array;
  readonly #at: Uint32Array;
  readonly #values: Float32Array;

  constructor(examples: readonly Example[], buckets: number) {
    this.#examples = examples;
    this.#buckets = buckets;
    this.#starts = new Uint32Array(examples.length + 1);
    examples.forEach(({ features }, i) => {
      this.#starts[i + 1] = this.#starts[i]! + features.buckets.length;
    });
    this.#at = new Uint32Array(this.#starts.at(-1)!);
    this.#values = new Float32Array(this.#starts.at(-1)!);
    examples.forEach(({ features }, i) => {
      this.#at.set(features.buckets, this.#starts[i]);
      this.#values.set(features.values, this.#starts[i]);
    });
  }

  /** Loss and gradient; the last place is the bias. */
  at(point: Float64Array, decay: number): { loss: number; gradient: Float64Array<ArrayBuffer> } {
    const gradient = new Float64Array(point).map((value, i) => (i < this.#buckets ? decay * value : 0));
    let loss = dot(point, gradient) / 2;
    const [at, values] = [this.#at, this.#values];
    this.#examples.forEach(({ label, weight }, row) => {
      const [start, end] = [this.#starts[row]!, this.#starts[row + 1]!];
      let sum = point[this.#buckets]!;
      for (let i = start; i < end; i++) sum += point[at[i]!]! * values[i]!;
      const error = (1 / (1 + Math.exp(-sum)) - label) * weight;
      loss += weight * (Math.log1p(Math.exp(-Math.abs(sum))) + Math.max(0, label === 1 ? -sum : sum));
      gradient[this.#buckets]! += error;
      for (let i = start; i < end; i++) gradient[at[i]!]! += error * values[i]!;
    });
    return { loss, gradient };
  }
}
