import type { Sparse } from '../embedded/hashing.ts';
import { sigmoid } from '../embedded/logit.ts';

/** A labelled row as learned from. */
export interface Example {
  bad: boolean;
  /** The prior's log-odds. */
  prior: number;
  features: Sparse;
  /** Nothing learned may speak for its approval. */
  gamed: boolean;
  /** How much the row counts. */
  weight: number;
}

/** Log-odds are `priorWeight * prior + bias + weights . features`. */
export interface Fit {
  priorWeight: number;
  bias: number;
  weights: Float64Array;
}

/** How strongly each part is held where it starts; in units of rows. */
export interface Penalties {
  prior: number;
  bias: number;
  weights: number;
}

/** What is fitted before anything is known: the prior itself. */
export function startingFit(buckets: number): Fit {
  return { priorWeight: 1, bias: 0, weights: new Float64Array(buckets) };
}

const STEPS_MAX = 300;
/** Log-odds that no step moves by more than this are settled. */
const SETTLED = 1e-4;

/**
 * Logistic regression with a squared penalty on leaving the prior. Nesterov's accelerated gradient (1983) with a
 * diagonal bound of the curvature in place of a step size, restarted where momentum goes uphill (O'Donoghue and
 * Candes 2015): needs no tuning, and the same rows give the same weights. The prior's weight never becomes negative.
 */
export function fitRegression(examples: readonly Example[], penalties: Penalties, start: Fit): Fit {
  const size = start.weights.length;
  const curvature = curvatureOf(examples, penalties, size);
  const values = Float64Array.from([...start.weights, start.priorWeight, start.bias]);
  const [ahead, gradient] = [values.slice(), new Float64Array(size + 2)];
  let momentum = 1;
  for (let step = 0; step < STEPS_MAX; step++) {
    gradientAt(ahead, examples, penalties, gradient);
    const nextMomentum = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
    const pull = (momentum - 1) / nextMomentum;
    let [uphill, moved] = [0, 0];
    for (let j = 0; j < size + 2; j++) {
      const from = values[j]!;
      let to = ahead[j]! - gradient[j]! / curvature[j]!;
      if (j === size) to = Math.max(0, to);
      uphill += gradient[j]! * (to - from);
      moved = Math.max(moved, Math.abs(to - from));
      values[j] = to;
      ahead[j] = to + pull * (to - from);
    }
    momentum = uphill > 0 ? 1 : nextMomentum;
    if (uphill > 0) ahead.set(values);
    if (moved < SETTLED) break;
  }
  return { priorWeight: values[size]!, bias: values[size + 1]!, weights: values.slice(0, size) };
}

/** Of each parameter: a quarter of its absolute values times their rows' sums bounds the logistic loss's Hessian. */
function curvatureOf(examples: readonly Example[], penalties: Penalties, size: number): Float64Array {
  const curvature = new Float64Array(size + 2).fill(penalties.weights);
  curvature[size] = penalties.prior;
  curvature[size + 1] = penalties.bias;
  for (const { prior, features, weight } of examples) {
    const { buckets, values } = features;
    const total = values.reduce((sum, value) => sum + Math.abs(value), Math.abs(prior) + 1) * weight * 0.25;
    for (let i = 0; i < buckets.length; i++) curvature[buckets[i]!]! += Math.abs(values[i]!) * total;
    curvature[size]! += Math.abs(prior) * total;
    curvature[size + 1]! += total;
  }
  return curvature;
}

function gradientAt(at: Float64Array, examples: readonly Example[], penalties: Penalties, gradient: Float64Array) {
  const size = at.length - 2;
  for (let j = 0; j < size; j++) gradient[j] = penalties.weights * at[j]!;
  gradient[size] = penalties.prior * (at[size]! - 1);
  gradient[size + 1] = penalties.bias * at[size + 1]!;
  for (const { bad, prior, features, weight } of examples) {
    const { buckets, values } = features;
    const error = (sigmoid(oddsOf(prior, features, at)) - (bad ? 1 : 0)) * weight;
    for (let i = 0; i < buckets.length; i++) gradient[buckets[i]!]! += error * values[i]!;
    gradient[size]! += error * prior;
    gradient[size + 1]! += error;
  }
}

function oddsOf(prior: number, { buckets, values }: Sparse, at: Float64Array): number {
  const size = at.length - 2;
  let sum = at[size]! * prior + at[size + 1]!;
  for (let i = 0; i < buckets.length; i++) sum += at[buckets[i]!]! * values[i]!;
  return sum;
}
