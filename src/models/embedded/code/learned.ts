import { LinearModel, type LinearWeights } from '../linear.ts';
import { clamp, logit } from '../logit.ts';
import { type TreeWeights, treeLogOdds } from '../trees.ts';
import { blame } from './blame.ts';
import { commonEvidence, type Evidence, secretEvidence } from './evidence.ts';
import { flowFeatures } from './flow-features.ts';
import { isSecret } from './lint.ts';
import { profileFeatures } from './profile-features.ts';
import { ruleFeatures } from './rule-features.ts';
import { isRiskless } from './signs.ts';
import { tokenFeatures } from './token-features.ts';
import { type CodeContext, type CodeOpinion, startingOdds } from './verdict.ts';
import { type ChangeKind, type ChangeView, judgedCode, viewOf } from './view.ts';

/** What held-out rows of one kind of change say of a model's log-odds. */
export interface KindCalibration {
  slope: number;
  offset: number;
  /** Whether the model was seen to tell good from bad there at all. */
  knows: boolean;
}

/** By kind of change; where a kind had no rows, what all rows together say. */
export type Calibration = Record<ChangeKind, KindCalibration>;

/** What a trained judge of changes is read from. */
export interface CodeWeights<Weights> {
  model: Weights;
  calibration: Calibration;
}

/** Log-odds that a change is bad, before calibration. */
export type ChangeModel = (view: ChangeView) => number;

export interface CodeModels {
  'code-rules': LinearWeights;
  'code-flow': LinearWeights;
  'code-tokens': LinearWeights;
  'code-profile': TreeWeights;
}
export type CodeWeightsName = keyof CodeModels;

const LINEAR_FEATURES = {
  'code-rules': ruleFeatures,
  'code-flow': flowFeatures,
  'code-tokens': tokenFeatures,
} as const;
export type LinearName = keyof typeof LINEAR_FEATURES;

/** The hashed features that a linear judge reads. */
export function linearFeatures(name: LinearName) {
  return LINEAR_FEATURES[name];
}

export function linearModel(name: LinearName, weights: LinearWeights): ChangeModel {
  const [model, features] = [new LinearModel(weights), LINEAR_FEATURES[name]];
  return (view) => model.logOdds(features(view, model.buckets));
}

export function treeModel(weights: TreeWeights): ChangeModel {
  return (view) => treeLogOdds(weights, profileFeatures(view));
}

/**
 * Share of bad changes that opinions start from: that of the training sets, half of whose Python and C changes are
 * bad, and one in five of JavaScript's, where ordinary commits stand among them.
 */
const TRAINING_BAD = 0.5;
/** A learned opinion never goes beyond 33 to 1: the training sets are small. */
const LOG_ODDS_MAX = 3.5;

/** Log-odds that a change is bad, as far as a model's own can be trusted for its kind. */
function calibrated(logOdds: number, { slope, offset }: KindCalibration): number {
  return clamp(slope * logOdds + offset, -LOG_ODDS_MAX, LOG_ODDS_MAX);
}

/**
 * Share of bad ones among changes that show nothing risky: a step short of what a network's rule lets pass, so that it
 * takes some learned sign of care besides.
 */
export const ORDINARY_BAD = 0.21;

/**
 * What a change that shows nothing risky is spared: the step from the training sets, all of whose Python and C changes
 * are defects or their repairs, to ordinary work. JavaScript's training set holds ordinary commits already.
 */
function ordinaryOdds({ kind, after, before }: ChangeView): number {
  const isOrdinary = kind.endsWith('change') && isRiskless(after.lines) && isRiskless(before.lines);
  return isOrdinary && kind !== 'js change' ? logit(ORDINARY_BAD) - logit(TRAINING_BAD) : 0;
}

/** Odds this near to even are no ground for rejecting where no rule points anywhere. */
const UNNAMED_MIN = 0.2;

/**
 * In languages whose only good examples are bad ones with a line left out, what was learned rejects nothing that no
 * rule names.
 */
function grounded(logOdds: number, { kind, after }: ChangeView): number {
  if (after.evidence.some(({ severity }) => severity !== 'note')) return logOdds;
  return kind.startsWith('other') || logOdds < UNNAMED_MIN ? Math.min(0, logOdds) : logOdds;
}

/** What a model's own log-odds of a change come to: calibrated, spared where nothing is risky, and grounded in rules. */
export function settledOdds(logOdds: number, view: ChangeView, calibration: Calibration): number {
  return grounded(calibrated(logOdds, calibration[view.kind]) + ordinaryOdds(view), view);
}

/** From this belief on a flow from outside stands by itself, whatever was learned. */
const CERTAIN_FROM = 0.9;

/** A judge of changes: what was learned decides, and rules say where. */
export function learnedReviewer(model: ChangeModel, calibration: Calibration): (context: CodeContext) => CodeOpinion {
  return (context) => {
    const { task, sources, linted } = context;
    const common = [...sources.flatMap(commonEvidence), ...linted.after].filter(
      ({ category }) => category !== 'security',
    );
    const secrets = [...sources.flatMap(secretEvidence), ...linted.after.filter(isSecret)];
    if (!task.requirements.security || judgedCode(sources).length === 0)
      return { evidence: [...common, ...secrets], logOdds: startingOdds(context) };
    const view = viewOf(context);
    const { knows } = calibration[view.kind];
    // Where nothing was learned, the rules decide.
    if (!knows) return { evidence: [...common, ...secrets, ...view.after.evidence], logOdds: 0, knows };
    const logOdds = settledOdds(model(view), view, calibration);
    // A credential is ground enough for a rejection: no other line is blamed besides.
    const unsettled = secrets.some(({ severity }) => severity === 'error') ? 0 : logOdds;
    return {
      evidence: [...common, ...secrets, ...weighed(view, unsettled, model)],
      logOdds,
      knows: view.after.whole && view.before.whole,
    };
  };
}

/** Security evidence with the severity that the learned odds give it; certain flows stand, and need no odds. */
function weighed(view: ChangeView, logOdds: number, model: ChangeModel): Evidence[] {
  const isCertain = ({ rule, severity, belief }: Evidence) =>
    severity === 'error' && belief >= CERTAIN_FROM && rule.endsWith('-injection');
  const certain = view.after.evidence.filter(isCertain);
  const others = view.after.evidence
    .filter((item) => !isCertain(item))
    .map((item): Evidence => (item.severity === 'error' ? { ...item, severity: 'warning' } : item));
  return certain.length > 0 ? [...certain, ...others] : blame(view, others, logOdds, model);
}
