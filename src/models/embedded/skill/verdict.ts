import type { Coverage, Judgement, ModelIdentity, RequirementFeedback } from '../../../protocol/judgement.ts';
import type { SkillAssessmentTask } from '../../../protocol/task.ts';
import { clamp } from '../logit.ts';
import { alternativesOf } from './alternatives.ts';
import { cover, type PreparedText, prepare, type RequirementCoverage } from './coverage.ts';
import { type GamingSigns, gamingSigns } from './gaming.ts';
import { SUBMISSION_CHARS_MAX } from './text.ts';

/** What an assessment has to go by: one coverage a requirement. */
export interface SkillContext {
  task: SkillAssessmentTask;
  text: PreparedText;
  coverages: RequirementCoverage[];
  /** The best coverage of each group of requirements that say the same. */
  groups: RequirementCoverage[];
  signs: GamingSigns;
}

/** What one variant thinks: the probability that each requirement is met, and that the whole is to be approved. */
export interface SkillOpinion {
  met: number[];
  probabilityGood: number;
}

const CONFIDENCE_MAX = 0.97;
/** A submission that is to this share the requirements' own words shows no skill. */
const COPIED_MAX = 0.8;
/** From here on a requirement counts as met in its comment. */
const MET_FROM = 0.5;
const PARTLY_FROM = 0.25;

/** Reads the submission with its evidence. Links count for nothing: nobody looked behind them. */
export function skillContext(task: SkillAssessmentTask): SkillContext {
  const { content, evidence } = task.submission;
  const told = evidence.filter((item) => !/^\s*\w{2,10}:\/\/\S+\s*$/.test(item));
  const text = prepare([content, ...told].join('\n'));
  return { task, ...readAnswer(text, task.criteria.requirements) };
}

/** What of an answer does not depend on the form of its task. */
export function readAnswer(text: PreparedText, requirements: readonly string[]): Omit<SkillContext, 'task'> {
  const coverages = requirements.map((requirement) => cover(requirement, text));
  const groups = alternativesOf(requirements).map((group) => bestOf(group.map((i) => coverages[i]!)));
  return { text, coverages, groups, signs: gamingSigns(text, requirements) };
}

function bestOf(coverages: readonly RequirementCoverage[]): RequirementCoverage {
  return coverages.reduce((best, other) => (other.local - other.negation > best.local - best.negation ? other : best));
}

/** Whether the submission is little but the requirements themselves. */
export function isCopied({ signs, text }: SkillContext): boolean {
  return signs.copied >= COPIED_MAX && text.words.length > 0;
}

/** Turns an opinion into a judgement with feedback per requirement. */
export function skillJudgement(context: SkillContext, opinion: SkillOpinion, model: ModelIdentity): Judgement {
  const { task, signs } = context;
  const coverage = coverageOf(task);
  const complete = coverage.linesJudged === coverage.linesTotal;
  const feedback = task.criteria.requirements.map((requirement, i) =>
    feedbackOf(requirement, opinion.met[i] ?? 0, context.coverages[i]!),
  );
  const mean = feedback.reduce((sum, { score }) => sum + score, 0) / Math.max(1, feedback.length);
  const base = { findings: [], coverage, complete, model };
  if (isCopied(context)) {
    const summary = 'The submission repeats the requirements; that is no evidence of skill.';
    return {
      ...base,
      vote: 'abstain',
      abstainReason: 'copied_prompt',
      confidence: 0.5,
      score: 0,
      level: 0,
      feedback,
      summary,
    };
  }
  const score = clamp(mean, 0, 1);
  const scored = { ...base, score, level: Math.round(score * task.criteria.level), feedback };
  const met = opinion.met.filter((probability) => probability >= MET_FROM).length;
  const summary = `${met} of ${feedback.length} requirements met.${remarkOn(signs)}`;
  const good = opinion.probabilityGood;
  if (good >= 0.5 && !complete)
    return { ...scored, vote: 'abstain', abstainReason: 'incomplete', confidence: 0.5, summary };
  const vote = good >= 0.5 ? 'approve' : 'reject';
  return { ...scored, vote, confidence: clamp(Math.max(good, 1 - good), 0.5, CONFIDENCE_MAX), summary };
}

function coverageOf({ submission }: SkillAssessmentTask): Coverage {
  const linesTotal = submission.content.split('\n').length;
  const linesJudged = submission.content.slice(0, SUBMISSION_CHARS_MAX).split('\n').length;
  const cut = submission.content.length > SUBMISSION_CHARS_MAX;
  const links = submission.evidence.filter((item) => /^\s*\w{2,10}:\/\/\S+\s*$/.test(item));
  return {
    filesTotal: 1 + submission.evidence.length,
    filesJudged: 1 + submission.evidence.length - links.length,
    linesTotal,
    linesJudged: cut ? Math.min(linesJudged, linesTotal - 1) : linesJudged,
    omitted: [
      ...(cut ? [{ what: `text after ${SUBMISSION_CHARS_MAX} characters`, reason: 'too long' }] : []),
      ...links.slice(0, 20).map((what) => ({ what: what.trim().slice(0, 500), reason: 'link not followed' })),
    ],
  };
}

function feedbackOf(requirement: string, met: number, coverage: RequirementCoverage): RequirementFeedback {
  return { requirement, score: clamp(met, 0, 1), comment: commentOn(met, coverage) };
}

function commentOn(met: number, { words, negation }: RequirementCoverage): string {
  const share = `${Math.round(words * 100)}% of what it names is addressed`;
  if (negation > 0.5) return `${share}, but it is denied where the requirement affirms it.`;
  if (met >= MET_FROM) return `Met: ${share}.`;
  return met >= PARTLY_FROM ? `Partly met: ${share}.` : `Not met: ${share}.`;
}

function remarkOn({ list, repeated, copied }: GamingSigns): string {
  if (list > 0.7) return ' The text is a list of words rather than an answer.';
  if (repeated > 0.4) return ' Much of the text is repeated.';
  return copied > 0.5 ? ' Much of the text is copied from the requirements.' : '';
}
