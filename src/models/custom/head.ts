import { setImmediate as breathe } from 'node:timers/promises';
import { LinearModel, type LinearWeights } from '../embedded/linear.ts';
import { clamp, sigmoid } from '../embedded/logit.ts';
import { generator, shuffled } from '../random.ts';
import { type Example, type Fit, fitRegression, startingFit } from './regression.ts';

/** A labelled row with the number of its group. */
export interface GroupedExample extends Example {
  group: number;
}

/** What was learned for one type of task, as it is stored and applied. */
export interface HeadWeights {
  /** Rows learned from. */
  rows: number;
  /** The penalty on weights that cross-validation chose. */
  strength: number;
  priorWeight: number;
  linear: LinearWeights;
  /** Made of the held-out log-odds, so that confidence tells how often the verdict is right. */
  calibration: { slope: number; offset: number };
}

/** From "hardly hold" to "only shift and scale the prior". */
const STRENGTHS = [0.5, 2, 8, 32, 1e6] as const;
const PENALTY = { prior: 4, bias: 2 } as const;
const FOLDS = 5;
/** Rows on which the strength is chosen and the confidence calibrated; more would change neither. */
const TUNING_ROWS_MAX = 1500;
/** No custom part moves the prior's odds by more than fifty to one, however many rows it has. */
const SHIFT_MAX = 4;

/** Applies what was learned. */
export class Head {
  readonly weights: HeadWeights;
  readonly #linear: LinearModel;

  constructor(weights: HeadWeights) {
    this.weights = weights;
    this.#linear = new LinearModel(weights.linear);
  }

  /**
   * Log-odds that the task is to be rejected. Few rows speak softly: n of them shift the prior by at most ln(1 + n), and
   * for a gamed text none speaks for approval.
   */
  logOdds({ prior, features, gamed }: Pick<Example, 'prior' | 'features' | 'gamed'>): number {
    const { rows, priorWeight, calibration } = this.weights;
    const raw = priorWeight * prior + this.#linear.logOdds(features);
    const shift = calibration.slope * raw + calibration.offset - prior;
    const shiftMax = Math.min(SHIFT_MAX, Math.log1p(rows));
    return prior + clamp(shift, gamed ? 0 : -shiftMax, shiftMax);
  }

  /** What one bucket adds to the log-odds for each unit of its feature. */
  weightOf(bucket: number): number {
    const one = { buckets: Uint32Array.of(bucket), values: Float32Array.of(1) };
    return this.weights.calibration.slope * this.#linear.sum(one);
  }
}

/**
 * Learns from rows: the strength by grouped cross-validation, the confidence from its held-out predictions, the weights
 * from all. Deterministic.
 * @throws the signal's reason when aborted
 */
export async function trainHead(
  examples: readonly GroupedExample[],
  buckets: number,
  signal?: AbortSignal,
): Promise<Head> {
  const tuning = sampleOfGroups(examples, TUNING_ROWS_MAX);
  const folds = foldsOf(tuning, FOLDS);
  let best: { strength: number; loss: number; odds: number[] } | undefined;
  for (const strength of STRENGTHS) {
    const odds = await heldOutOdds(tuning, folds, strength, signal);
    const loss = lossOf(tuning, odds);
    if (best === undefined || loss < best.loss) best = { strength, loss, odds };
  }
  const { strength, odds } = best!;
  const calibration = calibrationOf(tuning, odds);
  const { fit, used } = fitCompact(examples, strength);
  return new Head({
    rows: examples.length,
    strength,
    priorWeight: rounded(fit.priorWeight),
    linear: quantized(fit, used, buckets),
    calibration,
  });
}

async function heldOutOdds(
  examples: readonly GroupedExample[],
  folds: readonly number[],
  strength: number,
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const odds = new Array<number>(examples.length).fill(0);
  for (const fold of new Set(folds)) {
    await breathe();
    signal?.throwIfAborted();
    const { fit, used } = fitCompact(
      examples.filter((_, i) => folds[i] !== fold),
      strength,
    );
    const at = new Map(used.map((bucket, i) => [bucket, i]));
    examples.forEach(({ prior, features: { buckets, values } }, i) => {
      if (folds[i] !== fold) return;
      odds[i] = fit.priorWeight * prior + fit.bias;
      for (let k = 0; k < buckets.length; k++) {
        const index = at.get(buckets[k]!);
        if (index !== undefined) odds[i]! += fit.weights[index]! * values[k]!;
      }
    });
  }
  return odds;
}

/** Fits over the buckets that occur: few rows fill few of them. `used` names the bucket of each weight. */
function fitCompact(examples: readonly Example[], strength: number): { fit: Fit; used: number[] } {
  const at = new Map<number, number>();
  const compact = examples.map((example) => ({
    ...example,
    features: {
      values: example.features.values,
      buckets: example.features.buckets.map((bucket) => {
        if (!at.has(bucket)) at.set(bucket, at.size);
        return at.get(bucket)!;
      }),
    },
  }));
  const fit = fitRegression(compact, { ...PENALTY, weights: strength }, startingFit(at.size));
  return { fit, used: [...at.keys()] };
}

/** Folds that keep groups whole and labels about even. */
export function foldsOf(examples: readonly GroupedExample[], folds: number): number[] {
  const groups = [...Map.groupBy(examples, ({ group }) => group)];
  const badShare = (rows: readonly GroupedExample[]) => rows.filter(({ bad }) => bad).length / rows.length;
  const dealt = shuffled(groups, generator(1)).sort(([, a], [, b]) => badShare(a) - badShare(b));
  const foldOf = new Map(dealt.map(([group], i) => [group, i % folds]));
  return examples.map(({ group }) => foldOf.get(group)!);
}

function sampleOfGroups(examples: readonly GroupedExample[], rowsMax: number): readonly GroupedExample[] {
  if (examples.length <= rowsMax) return examples;
  const groups = shuffled([...Map.groupBy(examples, ({ group }) => group).values()], generator(2));
  const sample: GroupedExample[] = [];
  for (const rows of groups) if (sample.length + rows.length <= rowsMax) sample.push(...rows);
  return sample.length > 0 ? sample : examples.slice(0, rowsMax);
}

function lossOf(examples: readonly Example[], odds: readonly number[]): number {
  // log(1 + e^x) without overflow.
  const softplus = (x: number) => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
  return examples.reduce((sum, { bad, weight }, i) => sum + weight * softplus(bad ? -odds[i]! : odds[i]!), 0);
}

/** So many rows' worth of belief that the log-odds are right as they are. */
const CALIBRATION_PENALTY = 4;
const SLOPE_MIN = 0.05;

/** Slope and offset of Platt (1999), held at 1 and 0 by a penalty, so that few rows change them little. */
function calibrationOf(examples: readonly Example[], odds: readonly number[]): { slope: number; offset: number } {
  let [slope, offset] = [1, 0];
  for (let step = 0; step < 50; step++) {
    let [ga, gb] = [CALIBRATION_PENALTY * (1 - slope), -CALIBRATION_PENALTY * offset];
    let [haa, hab, hbb] = [CALIBRATION_PENALTY, 0, CALIBRATION_PENALTY];
    examples.forEach(({ bad, weight }, i) => {
      const p = sigmoid(slope * odds[i]! + offset);
      const error = ((bad ? 1 : 0) - p) * weight;
      const h = Math.max(1e-6, p * (1 - p)) * weight;
      ga += error * odds[i]!;
      gb += error;
      haa += h * odds[i]! ** 2;
      hab += h * odds[i]!;
      hbb += h;
    });
    const det = haa * hbb - hab * hab;
    // Half a Newton step: a whole one can overshoot where odds are far out.
    slope = Math.max(SLOPE_MIN, slope + (0.5 * (ga * hbb - gb * hab)) / det);
    offset += (0.5 * (gb * haa - ga * hab)) / det;
  }
  return { slope: rounded(slope), offset: rounded(offset) };
}

function quantized({ bias, weights }: Fit, used: readonly number[], buckets: number): LinearWeights {
  const scale = Number((weights.reduce((max, weight) => Math.max(max, Math.abs(weight)), 0) / 127).toPrecision(6)) || 1;
  const bytes = new Int8Array(buckets);
  used.forEach((bucket, i) => {
    bytes[bucket] = Math.round(clamp(weights[i]! / scale, -127, 127));
  });
  return { buckets, bias: rounded(bias), scale, weights: Buffer.from(bytes.buffer).toString('base64') };
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
