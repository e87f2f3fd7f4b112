import { parseDiff } from '../../src/models/diff/parse-diff.ts';
import { loadAnalysers } from '../../src/models/embedded/code/analysers/analysers.ts';
import {
  type CodeModels,
  type CodeWeights,
  type CodeWeightsName,
  type LinearName,
  linearFeatures,
  settledOdds,
} from '../../src/models/embedded/code/learned.ts';
import { readChange } from '../../src/models/embedded/code/lint.ts';
import { profileFeatures } from '../../src/models/embedded/code/profile-features.ts';
import { type ChangeKind, type ChangeView, viewOf } from '../../src/models/embedded/code/view.ts';
import type { Sparse } from '../../src/models/embedded/hashing.ts';
import { LinearModel } from '../../src/models/embedded/linear.ts';
import { treeLogOdds } from '../../src/models/embedded/trees.ts';
import { calibrationOf } from './calibration.ts';
import type { CodeRow } from './data.ts';
import { quantize, trainLinear } from './linear.ts';
import { foldsOf, generator } from './random.ts';
import { trainTrees } from './trees.ts';

export { readCode } from './data.ts';

/** Sizes of the hashed feature spaces, a byte of weights each: past these held-out figures no longer rise. */
const BUCKETS: Record<LinearName, number> = {
  'code-rules': 1 << 15,
  'code-flow': 1 << 16,
  'code-tokens': 1 << 16,
};
const TREES = { rounds: 300, depth: 5, rate: 0.05, columns: 0.2, leafMin: 8 } as const;
/** Rounds of a linear model over all rows: more fit the training rows, not the held-out ones. */
const EPOCHS = 6;
const FOLDS = 4;
const SEED = 7;
/** What figures are reported on is held out once more, so that no calibration saw it. */
const OUTER_FOLDS = 5;
const OUTER_SEED = 11;

/** A labelled change with the features of every model. */
export interface Prepared {
  row: CodeRow;
  kind: ChangeKind;
  view: ChangeView;
  sparse: Record<LinearName, Sparse>;
  dense: Float32Array;
  /** Rules that name a weakness in what the change brings. */
  named: ReadonlySet<string>;
}

export const CODE_NAMES = ['code-rules', 'code-flow', 'code-tokens', 'code-profile'] as const;
const LINEAR_NAMES = Object.keys(BUCKETS) as LinearName[];

/** From this belief on a rule names a weakness, rather than a place to look at. */
const NAMED_FROM = 0.58;

/** Features of the labelled changes, computed once. */
export async function prepareCode(rows: readonly CodeRow[]): Promise<Prepared[]> {
  const analysers = await loadAnalysers();
  return rows.map((row) => {
    const view = viewOf(readChange(parseDiff(row.diff), analysers));
    const sparse = Object.fromEntries(LINEAR_NAMES.map((name) => [name, linearFeatures(name)(view, BUCKETS[name])]));
    const named = view.after.evidence.filter(({ belief }) => belief >= NAMED_FROM).map(({ rule }) => rule);
    return {
      row,
      kind: view.kind,
      view,
      sparse: sparse as Record<LinearName, Sparse>,
      dense: profileFeatures(view),
      named: new Set(named),
    };
  });
}

/** How one model is trained, and what the trained one says of a change. */
interface Method<Weights> {
  train: (rows: readonly Prepared[]) => Weights;
  logOdds: (weights: Weights) => (row: Prepared) => number;
}

const linear = (name: LinearName): Method<CodeModels[LinearName]> => ({
  train: (rows) => {
    const examples = rows.map(({ sparse, row }) => ({
      features: sparse[name],
      label: Number(row.bad),
      weight: row.weight,
    }));
    const { bias, weights } = trainLinear(examples, BUCKETS[name], { epochs: EPOCHS });
    return quantize(bias, weights);
  },
  logOdds: (weights) => {
    const model = new LinearModel(weights);
    return ({ sparse }) => model.logOdds(sparse[name]);
  },
});

const METHODS: { [Name in CodeWeightsName]: Method<CodeModels[Name]> } = {
  'code-rules': linear('code-rules'),
  'code-flow': linear('code-flow'),
  'code-tokens': linear('code-tokens'),
  'code-profile': {
    train: (rows) =>
      trainTrees(
        rows.map(({ dense, row }) => ({ features: dense, label: Number(row.bad), weight: row.weight })),
        TREES,
      ),
    logOdds:
      (weights) =>
      ({ dense }) =>
        treeLogOdds(weights, dense),
  },
};

export type TrainedCode = { [Name in CodeWeightsName]: CodeWeights<CodeModels[Name]> };

/** Log-odds that a change is bad, by judge; undefined where it has no opinion. */
export type CodeOpinions = Record<CodeWeightsName, number | undefined>;

/** What trained judges make of changes, before certain findings have their say. */
export function judgesOf(trained: TrainedCode): (prepared: Prepared) => CodeOpinions {
  const judges = CODE_NAMES.map((name) => {
    const { model, calibration } = trained[name];
    const logOdds = (METHODS[name] as Method<unknown>).logOdds(model);
    const judge = (prepared: Prepared) =>
      calibration[prepared.kind].knows ? settledOdds(logOdds(prepared), prepared.view, calibration) : undefined;
    return [name, judge] as const;
  });
  return (prepared) => Object.fromEntries(judges.map(([name, judge]) => [name, judge(prepared)])) as CodeOpinions;
}

/** Opinions of every row by judges that were trained and calibrated without its repository. */
export function heldOutCode(rows: readonly Prepared[]): CodeOpinions[] {
  const folds = foldsOf(
    rows.map(({ row }) => row.group),
    OUTER_FOLDS,
    generator(OUTER_SEED),
  );
  const opinions = new Array<CodeOpinions>(rows.length);
  for (let fold = 0; fold < OUTER_FOLDS; fold++) {
    const judge = judgesOf(trainPrepared(rows.filter((_, i) => folds[i] !== fold)));
    rows.forEach((row, i) => {
      if (folds[i] === fold) opinions[i] = judge(row);
    });
  }
  return opinions;
}

/** All code weights from the given rows alone, calibration included: that is fitted on folds within them. */
export function trainPrepared(all: readonly Prepared[]): TrainedCode {
  const rows = withoutDoubtfulTwins(all);
  const folds = foldsOf(
    rows.map(({ row }) => row.group),
    FOLDS,
    generator(SEED),
  );
  const trained = Object.entries(METHODS).map(([name, method]) => [
    name,
    trainOne(method as Method<unknown>, rows, folds),
  ]);
  return Object.fromEntries(trained) as TrainedCode;
}

function trainOne<Weights>(
  method: Method<Weights>,
  rows: readonly Prepared[],
  folds: readonly number[],
): CodeWeights<Weights> {
  const heldOut = new Array<number>(rows.length);
  for (let fold = 0; fold < FOLDS; fold++) {
    const logOdds = method.logOdds(method.train(rows.filter((_, i) => folds[i] !== fold)));
    rows.forEach((row, i) => {
      if (folds[i] === fold) heldOut[i] = logOdds(row);
    });
  }
  return { model: method.train(rows), calibration: calibrationOf(rows, heldOut) };
}

/** A twin is made by leaving one bad line out; where a rule still names the same weakness it is no good example. */
function withoutDoubtfulTwins(rows: readonly Prepared[]): Prepared[] {
  const byId = new Map(rows.map((prepared) => [prepared.row.id, prepared]));
  return rows.filter(({ row, named }) => {
    const original = row.id.endsWith(':twin') ? byId.get(row.id.slice(0, -':twin'.length)) : undefined;
    return original === undefined || ![...named].some((rule) => original.named.has(rule));
  });
}
