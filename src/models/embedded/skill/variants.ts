import { sigmoid } from '../logit.ts';
import type { RequirementCoverage } from './coverage.ts';
import type { SkillContext, SkillOpinion } from './verdict.ts';

/** What gaming costs, in log-odds: a bare list, repetition, copying and shuffled words each outweigh full coverage. */
function gamingCost({ groups, signs }: SkillContext): number {
  const { list, repeated, copied } = signs;
  const disorder = Math.max(0, ...groups.filter(({ size }) => size >= DISORDER_SIZE_MIN).map(disorderOf));
  return 5 * list + 5 * Math.max(0, repeated - 0.3) + 3 * Math.max(0, copied - 0.4) + 9 * Math.max(0, disorder - 0.35);
}

/** Shorter requirements may be met in any order. */
const DISORDER_SIZE_MIN = 0.2;

/** How far the found words stand out of the order in which a sentence would have them. */
function disorderOf({ words, pairs, sequence }: RequirementCoverage): number {
  return words < 0.6 ? 0 : words - 0.5 * (pairs + sequence);
}

/** Every requirement counts: the whole is as good as the mean, pulled towards the weakest. */
function overall(met: readonly number[], cost: number): number {
  const mean = met.reduce((sum, probability) => sum + probability, 0) / Math.max(1, met.length);
  const worst = Math.min(1, ...met);
  return sigmoid(SLOPE * (0.7 * mean + 0.3 * worst - 0.5) - cost);
}

/** Fitted by eye on the training questions, so that four in five confident verdicts are right. */
const SLOPE = 3.6;
/** A denied word weighs as much as half of the requirement's words missing. */
const DENIAL = 8;

/** By the words alone: how much of each requirement the submission speaks of, and where it denies it. */
export function assessByRules(context: SkillContext): SkillOpinion {
  const { coverages, groups } = context;
  return { met: coverages.map(metByWords), probabilityGood: overall(groups.map(metByWords), gamingCost(context)) };
}

function metByWords({ words, local, negation }: RequirementCoverage): number {
  return sigmoid(9 * (0.5 * words + 0.5 * local - 0.5) - DENIAL * negation);
}

/** By order and nearness: the requirement's words must stand together and in a sensible order. */
export function assessByFlow(context: SkillContext): SkillOpinion {
  const { coverages, groups } = context;
  return { met: coverages.map(metByOrder), probabilityGood: overall(groups.map(metByOrder), gamingCost(context)) };
}

function metByOrder({ local, pairs, sequence, negation }: RequirementCoverage): number {
  return sigmoid(9 * (0.4 * local + 0.3 * pairs + 0.3 * sequence - 0.38) - DENIAL * negation);
}
