import { sigmoid } from '../embedded/logit.ts';
import { auc, balancedAccuracy, interval } from '../metrics.ts';
import { generator } from '../random.ts';
import { foldsOf, type GroupedExample, trainHead } from './head.ts';

/** A figure with its 95% interval, by the bootstrap over groups. */
export interface Figure {
  value: number;
  low: number;
  high: number;
}

/** How judgements of rows met their labels; shares from 0 to 1. */
export interface Metrics {
  /** With rejections as frequent as in use. */
  accuracy: Figure;
  balancedAccuracy: Figure;
  auc: Figure;
  /** Mean squared error of the probability, with rejections as frequent as in use; .25 is knowing nothing. */
  brier: Figure;
}

/** Of rows that were not trained on: the prior alone, and with what the other rows taught. */
export interface HeldOut {
  before: Metrics;
  after: Metrics;
  /** What the rows changed: after minus before. */
  change: { accuracy: Figure; brier: Figure };
}

/**
 * Cross-validates the whole training, its choice of strength and its calibration included: every row is judged by a
 * head that saw nothing of its group.
 * @param rejectShare how often tasks are to be rejected in use
 * @throws the signal's reason when aborted
 */
export async function measureHeldOut(
  examples: readonly GroupedExample[],
  buckets: number,
  {
    rejectShare,
    onFold,
    signal,
  }: { rejectShare: number; onFold?: (done: number, of: number) => void; signal?: AbortSignal },
): Promise<HeldOut> {
  const wanted = examples.length <= SMALL_ROWS ? FOLDS_SMALL : FOLDS;
  const folds = foldsOf(examples, wanted);
  const after = new Array<number>(examples.length).fill(0);
  const names = [...new Set(folds)];
  for (const [done, fold] of names.entries()) {
    onFold?.(done, names.length);
    const head = await trainHead(
      examples.filter((_, i) => folds[i] !== fold),
      buckets,
      signal,
    );
    examples.forEach((example, i) => {
      if (folds[i] === fold) after[i] = head.logOdds(example);
    });
  }
  return compare(
    examples,
    examples.map(({ prior }) => sigmoid(prior)),
    after.map(sigmoid),
    rejectShare,
  );
}

/** Of few rows every fold holds out fewer, so that enough remain to learn from. */
const SMALL_ROWS = 200;
const FOLDS_SMALL = 10;
const FOLDS = 5;
const DRAWS = 500;

function compare(
  examples: readonly GroupedExample[],
  before: readonly number[],
  after: readonly number[],
  rejectShare: number,
): HeldOut {
  const groups = [...Map.groupBy(examples.keys(), (i) => examples[i]!.group).values()];
  const figure = (measure: (rows: readonly number[]) => number): Figure => {
    const drawn = (picked: number[]) => measure(picked.flatMap((group) => groups[group]!));
    const [low, high] = interval(groups.length, drawn, generator(3), DRAWS);
    return { value: rounded(measure([...examples.keys()])), low: rounded(low), high: rounded(high) };
  };
  const bad = (rows: readonly number[]) => rows.map((i) => examples[i]!.bad);
  const mean = (rows: readonly number[], loss: (i: number) => number) => {
    const [rejected, approved] = [true, false].map((label) => {
      const own = rows.filter((i) => examples[i]!.bad === label);
      return own.reduce((sum, i) => sum + loss(i), 0) / own.length;
    });
    return rejectShare * rejected! + (1 - rejectShare) * approved!;
  };
  const right =
    (p: readonly number[]) =>
    (i: number): number =>
      p[i]! > 0.5 === examples[i]!.bad ? 1 : 0;
  const error = (p: readonly number[]) => (i: number) => (p[i]! - (examples[i]!.bad ? 1 : 0)) ** 2;
  const metrics = (p: readonly number[]): Metrics => {
    const of = (rows: readonly number[]) => rows.map((i) => p[i]!);
    return {
      accuracy: figure((rows) => mean(rows, right(p))),
      balancedAccuracy: figure((rows) => balancedAccuracy(of(rows), bad(rows), 0.5)),
      auc: figure((rows) => auc(of(rows), bad(rows))),
      brier: figure((rows) => mean(rows, error(p))),
    };
  };
  const difference = (of: typeof right) => figure((rows) => mean(rows, of(after)) - mean(rows, of(before)));
  return {
    before: metrics(before),
    after: metrics(after),
    change: { accuracy: difference(right), brier: difference(error) },
  };
}

function rounded(value: number): number {
  return Number(value.toFixed(4));
}

/** A model that knows nothing can still say the share of rejections; one that is used must err clearly less. */
const CHANCE_SHARE_MAX = 0.9;

/** Why a model is not enabled, or undefined if it may be. With few rows it also errs on the careful side. */
export function refusalOf({ before, after }: HeldOut, rejectShare: number): string | undefined {
  const worse = (name: string, from: Figure, to: Figure) =>
    `its held-out ${name} is worse than its prior's (${from.value.toFixed(3)} before, ${to.value.toFixed(3)} after)`;
  if (after.brier.value > before.brier.value) return worse('Brier score', before.brier, after.brier);
  if (after.balancedAccuracy.value < before.balancedAccuracy.value)
    return worse('balanced accuracy', before.balancedAccuracy, after.balancedAccuracy);
  const ofChance = rejectShare * (1 - rejectShare);
  if (after.brier.value > CHANCE_SHARE_MAX * ofChance)
    return `its held-out verdicts can hardly be told from chance (Brier score ${after.brier.value.toFixed(3)}, ${ofChance.toFixed(3)} is knowing nothing)`;
  return undefined;
}
