import { parseDiff } from '../../src/models/diff/parse-diff.ts';
import { type Calibration, kindOf, viewOf } from '../../src/models/embedded/code/classifiers.ts';
import { sourceFilesOf } from '../../src/models/embedded/code/evidence.ts';
import { profileFeatures } from '../../src/models/embedded/code/profile-features.ts';
import { changeFeatures } from '../../src/models/embedded/code/token-features.ts';
import { LinearModel } from '../../src/models/embedded/linear.ts';
import { treeLogOdds } from '../../src/models/embedded/trees.ts';
import type { CodeRow } from './data.ts';
import { quantize, trainLinear } from './linear.ts';
import { platt } from './metrics.ts';
import { foldsOf, generator } from './random.ts';
import { trainTrees } from './trees.ts';

/** Size of the hashed feature space: 64 KB of int8 weights. */
const BUCKETS = 1 << 16;
const FOLDS = 5;
const SEED = 7;

/** Features of the labelled changes, computed once. */
export function prepareCode(rows: readonly CodeRow[]) {
  return rows.map((row) => {
    const diff = parseDiff(row.diff);
    const view = viewOf({ diff, sources: sourceFilesOf(diff) });
    const { changed, original, evidence, before } = view;
    return {
      row,
      kind: kindOf(view),
      label: row.bad ? 1 : 0,
      weight: row.weight,
      sparse: changeFeatures(changed, original, evidence, before, BUCKETS),
      dense: profileFeatures(changed, original, evidence, before),
    };
  });
}

export type Prepared = ReturnType<typeof prepareCode>[number];

const tokenModel = (rows: readonly Prepared[]) => {
  const { bias, weights } = trainLinear(
    rows.map(({ sparse, label, weight }) => ({ features: sparse, label, weight })),
    BUCKETS,
  );
  return quantize(bias, weights);
};
const profileModel = (rows: readonly Prepared[]) =>
  trainTrees(rows.map(({ dense, label, weight }) => ({ features: dense, label, weight })));

/** Log-odds of every row by a model that saw no row of its repository. */
export function heldOutCode(rows: readonly Prepared[]): { tokens: number[]; profile: number[] } {
  const fold = foldsOf(
    rows.map(({ row }) => row.group),
    FOLDS,
    generator(SEED),
  );
  const [tokens, profile] = [new Array<number>(rows.length), new Array<number>(rows.length)];
  for (let f = 0; f < FOLDS; f++) {
    const training = rows.filter((_, i) => fold[i] !== f);
    const [linear, trees] = [new LinearModel(tokenModel(training)), profileModel(training)];
    rows.forEach(({ sparse, dense }, i) => {
      if (fold[i] !== f) return;
      tokens[i] = linear.logOdds(sparse);
      profile[i] = treeLogOdds(trees, dense);
    });
  }
  return { tokens, profile };
}

/** One calibration per kind of change, on held-out log-odds of the balanced sets; twins only where nothing else is. */
export function calibrateCode(rows: readonly Prepared[], scores: readonly number[]): Calibration {
  const calibration: Calibration = {};
  const balanced = rows.map((_, i) => i).filter((i) => rows[i]!.row.slice !== 'js benign');
  for (const kind of new Set(rows.map((row) => row.kind))) {
    const own = balanced.filter(
      (i) => rows[i]!.kind === kind && (kind.startsWith('other') || !rows[i]!.row.slice.endsWith('cse')),
    );
    if (own.length < 50) continue;
    const { slope, offset } = platt(
      own.map((i) => scores[i]!),
      own.map((i) => rows[i]!.row.bad),
    );
    calibration[kind] = { slope: Number(slope.toFixed(3)), offset: Number(offset.toFixed(3)) };
  }
  const changes = balanced.filter((i) => rows[i]!.kind.endsWith('change'));
  const all = platt(
    changes.map((i) => scores[i]!),
    changes.map((i) => rows[i]!.row.bad),
  );
  calibration['other change'] = { slope: Number(all.slope.toFixed(3)), offset: Number(all.offset.toFixed(3)) };
  return calibration;
}

/** The weights that ship, from all rows. */
export function finalCode(rows: readonly Prepared[]) {
  return { tokens: tokenModel(rows), profile: profileModel(rows) };
}
