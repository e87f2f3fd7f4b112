import type { Sparse } from '../hashing.ts';
import { LinearModel, type LinearWeights } from '../linear.ts';
import { sigmoid } from '../logit.ts';
import { type TreeWeights, treeLogOdds } from '../trees.ts';
import type { RequirementCoverage } from './coverage.ts';
import { skillFeatures } from './features.ts';
import type { SkillContext, SkillOpinion } from './verdict.ts';

/** What a trained assessor is read from; the calibration makes its log-odds true on held-out questions. */
export interface SkillWeights<Weights> {
  model: Weights;
  calibration: { slope: number; offset: number };
}

/** Means and spreads that bring the dense features to one scale. */
export interface Standard {
  means: number[];
  spreads: number[];
}

/** Standard scores of the features and the products of any two, as a sparse vector. */
export function crossed(features: ArrayLike<number>, { means, spreads }: Standard): Sparse {
  const scores = means.map((mean, i) => Math.max(-3, Math.min(3, ((features[i] ?? 0) - mean) / (spreads[i] || 1))));
  const values = [...scores];
  for (let i = 0; i < scores.length; i++)
    for (let j = i; j < scores.length; j++) values.push((scores[i]! * scores[j]!) / 3);
  return { buckets: Uint32Array.from(values.keys()), values: Float32Array.from(values) };
}

/** Number of values that `crossed` gives for so many features. */
export function crossedSize(features: number): number {
  return features + (features * (features + 1)) / 2;
}

type Score = (features: Float32Array) => number;

/** Judges the whole answer, and each requirement as if it were the only one. */
function opinionBy(score: Score, { groups, coverages, signs, text }: SkillContext): SkillOpinion {
  const probability = (some: readonly RequirementCoverage[]) => sigmoid(score(skillFeatures(some, signs, text)));
  const words = groups.reduce((sum, group) => sum + group.words, 0) / Math.max(1, groups.length);
  const good = probability(groups);
  const denied = Math.max(0, ...groups.map((group) => group.negation));
  const unmet = groups.length > 1 && groups.some((group) => group.words < UNMET_BELOW) ? UNMET_GOOD : 1;
  const most = words < FOREIGN_BELOW ? FOREIGN_GOOD : denied >= DENIED_FROM ? DENIED_GOOD : unmet;
  const probabilityGood = Math.min(good, most);
  return { met: coverages.map((coverage) => probability([coverage])), probabilityGood };
}

/** Of graded answers that share less than this with what was asked, about one in eight was right. */
const FOREIGN_BELOW = 0.08;
const FOREIGN_GOOD = 0.14;
/** A requirement that is hardly spoken of leaves it open whether all are met, however good the rest is. */
const UNMET_BELOW = 0.35;
const UNMET_GOOD = 0.6;
/** Of those that deny most of what a requirement affirms, about one in three was right. */
const DENIED_FROM = 0.6;
const DENIED_GOOD = 0.36;

/** A logistic regression over the features and their products. */
export function tokenAssessor({ model, calibration, standard }: SkillWeights<LinearWeights> & { standard: Standard }) {
  const linear = new LinearModel(model);
  const score: Score = (features) =>
    calibration.slope * linear.logOdds(crossed(features, standard)) + calibration.offset;
  return (context: SkillContext): SkillOpinion => opinionBy(score, context);
}

/** Boosted trees over the features. */
export function profileAssessor({ model, calibration }: SkillWeights<TreeWeights>) {
  const score: Score = (features) => calibration.slope * treeLogOdds(model, features) + calibration.offset;
  return (context: SkillContext): SkillOpinion => opinionBy(score, context);
}
