import { clamp, sigmoid } from '../logit.ts';
import type { RequirementCoverage } from './coverage.ts';
import type { SkillContext, SkillOpinion } from './verdict.ts';

/** By the words alone: how much of each requirement the submission speaks of, and where it denies it. */
export function assessByRules(context: SkillContext): SkillOpinion {
  return opinionBy(context, ({ words, local }) => 0.4 * words + 0.6 * local);
}

/** By order and nearness: the requirement's words must stand together and in a sensible order. */
export function assessByFlow(context: SkillContext): SkillOpinion {
  return opinionBy(context, ({ local, pairs, sequence }) =>
    Math.min(1, 1.2 * (0.4 * local + 0.3 * pairs + 0.3 * sequence)),
  );
}

/**
 * Log-odds by how much is met, fitted to the graded answers: nothing met is right one time in eight, everything met
 * five times in six.
 */
const [ODDS_AT_NONE, ODDS_BY_SHARE] = [-1.9, 3.5];
/** A requirement's words that are denied count against it more than words that are missing. */
const DENIAL = 7;
/** From this share on, every further word asked for and found is further evidence. */
const FULL_FROM = 0.8;
const FULL_BONUS_MAX = 0.7;

function opinionBy(context: SkillContext, share: (coverage: RequirementCoverage) => number): SkillOpinion {
  const { coverages, groups } = context;
  const shares = groups.map(share);
  const mean = shares.reduce((sum, value) => sum + value, 0) / Math.max(1, shares.length);
  const worst = Math.min(1, ...shares);
  const denied = Math.max(0, ...groups.map(({ negation }) => negation));
  const asked = groups.reduce((sum, { size }) => sum + size, 0);
  const bonus = worst >= FULL_FROM ? Math.min(FULL_BONUS_MAX, asked) : 0;
  const odds =
    ODDS_AT_NONE + ODDS_BY_SHARE * (0.5 * mean + 0.5 * worst) + bonus - DENIAL * denied - gamingCost(context);
  return {
    met: coverages.map((coverage) => metBy(share(coverage), coverage)),
    probabilityGood: sigmoid(clamp(odds, -4, 4)),
  };
}

/** The score of one requirement: steeper than the odds, since a score tells how much and not how surely. */
function metBy(share: number, { negation }: RequirementCoverage): number {
  return sigmoid(9 * (share - 0.5) - DENIAL * negation);
}

/** What gaming costs, in log-odds: a bare list, repetition, copying and shuffled words each outweigh full coverage. */
function gamingCost({ groups, signs }: SkillContext): number {
  const { list, repeated, copied, scrambled } = signs;
  const disorder = Math.max(0, ...groups.filter(({ size }) => size >= DISORDER_SIZE_MIN).map(disorderOf));
  const order = 5 * scrambled + 12 * Math.max(0, disorder - DISORDER_FROM);
  return 5 * list + 5 * Math.max(0, repeated - 0.3) + 3 * Math.max(0, copied - 0.4) + order;
}

/** Shorter requirements may be met in any order. */
const DISORDER_SIZE_MIN = 0.2;
const DISORDER_FROM = 0.45;

/** How far the found words stand out of the order in which a sentence would have them. */
function disorderOf({ words, pairs, sequence }: RequirementCoverage): number {
  return words < 0.6 ? 0 : words - 0.5 * (pairs + sequence);
}
