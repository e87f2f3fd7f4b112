import type { Judgement } from '../../src/protocol/judgement.ts';
import { generator } from '../training/random.ts';
import type { EvalRow } from './rows.ts';

/** Verdicts below this confidence do not count in a network under the default rules. */
export const SURE = 0.8;

export type Verdict = Pick<Judgement, 'vote' | 'confidence' | 'complete'>;

/** A row with a probability that it is bad, as a judge or a panel says, and how sure its verdict is. */
export interface Scored {
  row: Pick<EvalRow, 'bad' | 'group' | 'pair' | 'benign'>;
  /** 0 to 1; one half says nothing. */
  badness: number;
  /** Above this it would be called bad, if judged by rank alone; see {@link withHistory}. */
  threshold?: number;
}

/** The confidence of a rejection, the rest of an approval's; an abstention, and an approval of a part, say nothing. */
export function badnessOf({ vote, confidence, complete }: Verdict): number {
  if (vote === 'reject') return confidence;
  return vote === 'approve' && complete ? 1 - confidence : 0.5;
}

/** A figure with its 95% interval; NaN where the rows do not allow it. */
export interface Figure {
  value: number;
  low: number;
  high: number;
}

export const MEASURES = [
  'balanced accuracy',
  'balanced accuracy by history',
  'AUC',
  'Brier',
  'calibration error',
  'calibration error at base rate',
  'pairwise',
  'benign false positives',
  'conclusive at 0.8',
  'right of those',
  'good: approved at 0.8',
  'good: rejected at 0.8',
  'bad: approved at 0.8',
  'bad: rejected at 0.8',
] as const;
export type Measure = (typeof MEASURES)[number];

/** Draws of the bootstrap: enough for two digits of an interval's ends. */
const DRAWS = 200;
const SEED = 3;

/**
 * All measures of scored rows, with percentile-bootstrap intervals over groups.
 * @param baseRate share of bad tasks that judges are calibrated to; half where the labels' own share is meant
 */
export function measure(scored: readonly Scored[], baseRate: number): Record<Measure, Figure> {
  const table = tableOf(scored);
  const values = measuresOf(table, new Float64Array(scored.length).fill(1), baseRate);
  const draws = groupDraws(scored).map((weights) => measuresOf(table, weights, baseRate));
  return Object.fromEntries(
    MEASURES.map((name, at) => [
      name,
      shareFigure(
        values[at]!,
        draws.map((draw) => draw[at]!),
        scored,
      ),
    ]),
  ) as Record<Measure, Figure>;
}

/** Balanced accuracy of the verdicts, without an interval. */
export function balanceOf(scored: readonly Scored[]): number {
  return measuresOf(tableOf(scored), new Float64Array(scored.length).fill(1), 0.5)[0]!;
}

/**
 * The rows with the threshold that splits the rows of the other folds best. Verdicts are given at a base rate and under
 * caps; this says what the order of the scores alone is worth on half-bad labels, without a look at the fold itself.
 */
export function withHistory(scored: readonly Scored[], folds: readonly number[]): Scored[] {
  const { order } = tableOf(scored);
  const thresholds = new Map<number, number>();
  for (const fold of new Set(folds)) {
    const others = order.filter((i) => folds[i] !== fold).map((i) => scored[i]!);
    thresholds.set(fold, bestThreshold(others));
  }
  return scored.map((row, i) => ({ ...row, threshold: thresholds.get(folds[i]!)! }));
}

/** @param ordered rows by rising badness; NaN unless both kinds are among them */
function bestThreshold(ordered: readonly Scored[]): number {
  const bad = ordered.filter(({ row }) => row.bad).length;
  const good = ordered.length - bad;
  let [best, threshold, left] = [0.5, Number.NaN, 0];
  ordered.forEach(({ row, badness }, i) => {
    left += row.bad ? -1 / bad : 1 / good; // good rows below less bad rows below
    const next = ordered[i + 1]?.badness;
    if (next === badness || next === undefined || (1 + left) / 2 < best) return;
    [best, threshold] = [(1 + left) / 2, (badness + next) / 2];
  });
  return bad > 0 && good > 0 && Number.isNaN(threshold) ? 0.5 : threshold;
}

/** How much one way of scoring the same rows gains over another, by a measure, with a paired interval. */
export function gain(better: readonly Scored[], than: readonly Scored[], name: Measure, baseRate: number): Figure {
  const at = MEASURES.indexOf(name);
  const [a, b] = [tableOf(better), tableOf(than)];
  const of = (weights: Float64Array) => measuresOf(a, weights, baseRate)[at]! - measuresOf(b, weights, baseRate)[at]!;
  return { value: of(new Float64Array(better.length).fill(1)), ...ends(groupDraws(better).map(of)) };
}

/** A share of rows with its interval over groups. */
export function share(rows: readonly { group: string; hit: boolean }[]): Figure {
  const of = (weights: Float64Array) => {
    let [hits, all] = [0, 0];
    rows.forEach(({ hit }, i) => {
      all += weights[i]!;
      if (hit) hits += weights[i]!;
    });
    return hits / all;
  };
  const drawn = rows.map((row) => ({ row }));
  return shareFigure(of(new Float64Array(rows.length).fill(1)), groupDraws(drawn).map(of), drawn);
}

/**
 * A figure between 0 and 1. Where all groups say the same, every draw does too: the interval then is what so many
 * groups without an exception allow (1 - 0.05^(1/n), about 3/n).
 */
function shareFigure(value: number, draws: readonly number[], rows: readonly { row: { group: string } }[]): Figure {
  const { low, high } = ends(draws);
  const exceptionsMax = 1 - 0.05 ** (1 / new Set(rows.map(({ row }) => row.group)).size);
  if (value === 0 && high === 0) return { value, low, high: exceptionsMax };
  return value === 1 && low === 1 ? { value, low: 1 - exceptionsMax, high } : { value, low, high };
}

function ends(draws: readonly number[]): { low: number; high: number } {
  const sorted = draws.filter(Number.isFinite).sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN;
  return { low: at(0.025), high: at(0.975) };
}

/** How often each row is drawn when whole groups are drawn with replacement. */
function groupDraws(rows: readonly { row: { group: string } }[]): Float64Array[] {
  const numbers = new Map<string, number>();
  const groupOf = rows.map(({ row: { group } }) => {
    if (!numbers.has(group)) numbers.set(group, numbers.size);
    return numbers.get(group)!;
  });
  const random = generator(SEED);
  return Array.from({ length: DRAWS }, () => {
    const times = new Float64Array(numbers.size);
    for (let i = 0; i < times.length; i++) times[Math.floor(random() * times.length)]! += 1;
    return Float64Array.from(groupOf, (group) => times[group]!);
  });
}

interface Table {
  scored: readonly Scored[];
  /** Rows from the least to the most suspect. */
  order: number[];
  pairs: { bad: number; good: number }[];
}

function tableOf(scored: readonly Scored[]): Table {
  const order = scored.map((_, i) => i).sort((a, b) => scored[a]!.badness - scored[b]!.badness);
  const sides = new Map<string, { bad?: number; good?: number }>();
  scored.forEach(({ row: { pair, bad } }, i) => {
    if (pair !== undefined) sides.set(pair, { ...sides.get(pair), [bad ? 'bad' : 'good']: i });
  });
  const pairs = [...sides.values()].filter((side) => side.bad !== undefined && side.good !== undefined);
  return { scored, order, pairs: pairs as Table['pairs'] };
}

function measuresOf(table: Table, weights: Float64Array, baseRate: number): number[] {
  const { scored, pairs } = table;
  let [good, bad, benign] = [0, 0, 0];
  const sums = { right: [0, 0], byHistory: [0, 0], approved: [0, 0], rejected: [0, 0], alarms: 0, squares: 0 };
  scored.forEach(({ row, badness, threshold = Number.NaN }, i) => {
    const weight = weights[i]!;
    const side = row.bad ? 1 : 0;
    if (row.bad) bad += weight;
    else good += weight;
    sums.right[side]! += weight * credit(badness, 0.5, row.bad);
    sums.byHistory[side]! += weight * credit(badness, threshold, row.bad);
    if (1 - badness >= SURE) sums.approved[side]! += weight;
    if (badness >= SURE) sums.rejected[side]! += weight;
    sums.squares += weight * (badness - side) ** 2;
    if (row.benign) benign += weight;
    if (row.benign && badness > 0.5) sums.alarms += weight;
  });
  const sure = sums.approved[0]! + sums.approved[1]! + sums.rejected[0]! + sums.rejected[1]!;
  let [won, pairWeight] = [0, 0];
  for (const pair of pairs) {
    pairWeight += weights[pair.bad]!;
    won += weights[pair.bad]! * credit(scored[pair.bad]!.badness, scored[pair.good]!.badness, true);
  }
  // At the base rate, bad rows weigh as much less as they are rarer than in the labels.
  const rarer = good > 0 && bad > 0 ? (baseRate / (1 - baseRate)) * (good / bad) : 1;
  return [
    (sums.right[0]! / good + sums.right[1]! / bad) / 2,
    (sums.byHistory[0]! / good + sums.byHistory[1]! / bad) / 2,
    weightedAuc(table, weights),
    sums.squares / (good + bad),
    calibrationError(table, weights, 1),
    calibrationError(table, weights, rarer),
    won / pairWeight,
    sums.alarms / benign,
    sure / (good + bad),
    (sums.approved[0]! + sums.rejected[1]!) / sure,
    sums.approved[0]! / good,
    sums.rejected[0]! / good,
    sums.approved[1]! / bad,
    sums.rejected[1]! / bad,
  ];
}

/** 1 for the right side of a threshold, half on it: an abstention is right as often as a coin. */
function credit(badness: number, threshold: number, bad: boolean): number {
  if (Number.isNaN(threshold)) return Number.NaN;
  return badness === threshold ? 0.5 : badness > threshold === bad ? 1 : 0;
}

function weightedAuc({ scored, order }: Table, weights: Float64Array): number {
  let [below, wins, bad, good] = [0, 0, 0, 0];
  for (let i = 0; i < order.length; ) {
    let [tiedGood, tiedBad] = [0, 0];
    const { badness } = scored[order[i]!]!;
    for (; i < order.length && scored[order[i]!]!.badness === badness; i++) {
      if (scored[order[i]!]!.row.bad) tiedBad += weights[order[i]!]!;
      else tiedGood += weights[order[i]!]!;
    }
    wins += tiedBad * (below + tiedGood / 2);
    below += tiedGood;
    good += tiedGood;
    bad += tiedBad;
  }
  return wins / (good * bad);
}

const BINS = 10;

/** Expected calibration error of the confidence of the verdicts given, over ten bins from 0.5 to 1; abstentions claim nothing. */
function calibrationError({ scored }: Table, weights: Float64Array, badWeight: number): number {
  const [claimed, right] = [new Float64Array(BINS), new Float64Array(BINS)];
  let all = 0;
  scored.forEach(({ row, badness }, i) => {
    if (badness === 0.5) return;
    const weight = weights[i]! * (row.bad ? badWeight : 1);
    const confidence = Math.max(badness, 1 - badness);
    const bin = Math.min(BINS - 1, Math.floor((confidence - 0.5) * 2 * BINS));
    claimed[bin]! += weight * confidence;
    if (badness > 0.5 === row.bad) right[bin]! += weight;
    all += weight;
  });
  return claimed.reduce((sum, value, bin) => sum + Math.abs(value - right[bin]!), 0) / all;
}
