import type { Coverage, Judgement, ModelIdentity } from '../../../protocol/judgement.ts';
import type { SkillAssessmentTask } from '../../../protocol/task.ts';
import { clamp } from '../logit.ts';
import type { SkillOpinion } from './assessors.ts';
import { feedbackOn, MET_FROM } from './feedback.ts';
import type { GamingSigns } from './gaming.ts';
import { prepareRequirement } from './prepared.ts';
import { type Reading, read, readRequirements } from './reading.ts';
import { SUBMISSION_CHARS_MAX } from './text.ts';

/** What an assessment has to go by. */
export interface SkillContext {
  task: SkillAssessmentTask;
  reading: Reading;
}

const CONFIDENCE_MAX = 0.97;
/** A submission that is to this share the requirements' own words shows no skill. */
const COPIED_MAX = 0.8;
/** Characters read of one requirement; what is longer is no requirement but a text. */
const REQUIREMENT_CHARS_MAX = 4000;

const LINK = /^\s*\w{2,10}:\/\/\S+\s*$/;

/** Reads the submission with its evidence. Links count for nothing: nobody looked behind them. */
export function skillContext(task: SkillAssessmentTask): SkillContext {
  const { content, evidence } = task.submission;
  const told = evidence.filter((item) => !LINK.test(item));
  const prepared = task.criteria.requirements.map((text) => prepareRequirement(text.slice(0, REQUIREMENT_CHARS_MAX)));
  const reading = read([content, ...told].join('\n'), readRequirements(prepared), task.criteria.skill);
  return { task, reading };
}

/** Whether the submission, or what of it speaks of the requirements, is little but these themselves, or the question. */
export function isCopied({ reading: { signs, topicSigns, text } }: SkillContext): boolean {
  return Math.max(signs.copied, topicSigns.copied) >= COPIED_MAX && text.words.length > 0;
}

/** Turns an opinion into a judgement with feedback per requirement. */
export function skillJudgement(context: SkillContext, opinion: SkillOpinion, model: ModelIdentity): Judgement {
  const { task, reading } = context;
  const coverage = coverageOf(task);
  const complete =
    coverage.linesJudged === coverage.linesTotal && !coverage.omitted.some(({ reason }) => reason === TOO_LONG);
  const copied = isCopied(context);
  const bound = copied ? 0 : 1;
  const feedback = task.criteria.requirements.map((requirement, i) =>
    feedbackOn(requirement, Math.min(bound, opinion.met[i] ?? 0), reading.requirements.each[i]!, reading.text),
  );
  const base = { findings: [], coverage, complete, model, feedback };
  if (copied) {
    const summary = 'The submission repeats the question or the requirements; that is no evidence of skill.';
    return { ...base, vote: 'abstain', abstainReason: 'copied_prompt', confidence: 0.5, score: 0, level: 0, summary };
  }
  const score = clamp(feedback.reduce((sum, item) => sum + item.score, 0) / Math.max(1, feedback.length), 0, 1);
  const met = opinion.met.filter((probability) => probability >= MET_FROM).length;
  const summary = `${met} of ${feedback.length} requirements met.${remarkOn(reading.signs)}`;
  const scored = { ...base, score, level: Math.round(score * task.criteria.level), summary };
  const good = opinion.probabilityGood;
  if (good >= 0.5 && !complete) return { ...scored, vote: 'abstain', abstainReason: 'incomplete', confidence: 0.5 };
  const vote = good >= 0.5 ? 'approve' : 'reject';
  return { ...scored, vote, confidence: clamp(Math.max(good, 1 - good), 0.5, CONFIDENCE_MAX) };
}

const TOO_LONG = 'too long';

function coverageOf({ submission, criteria }: SkillAssessmentTask): Coverage {
  const linesTotal = submission.content.split('\n').length;
  const linesJudged = submission.content.slice(0, SUBMISSION_CHARS_MAX).split('\n').length;
  const cut = submission.content.length > SUBMISSION_CHARS_MAX;
  const links = submission.evidence.filter((item) => LINK.test(item));
  const essays = [...criteria.requirements.entries()].filter(([, text]) => text.length > REQUIREMENT_CHARS_MAX);
  return {
    filesTotal: 1 + submission.evidence.length,
    filesJudged: 1 + submission.evidence.length - links.length,
    linesTotal,
    linesJudged: cut ? Math.min(linesJudged, linesTotal - 1) : linesJudged,
    omitted: [
      ...(cut ? [{ what: `text after ${SUBMISSION_CHARS_MAX} characters`, reason: TOO_LONG }] : []),
      ...essays.slice(0, 20).map(([i]) => ({
        what: `requirement ${i + 1} after ${REQUIREMENT_CHARS_MAX} characters`,
        reason: TOO_LONG,
      })),
      ...links.slice(0, 20).map((what) => ({ what: what.trim().slice(0, 500), reason: 'link not followed' })),
    ],
  };
}

function remarkOn({ list, repeated, copied }: GamingSigns): string {
  if (list > 0.7) return ' The text is a list of words rather than an answer.';
  if (repeated > 0.4) return ' Much of the text is repeated.';
  return copied > 0.5 ? ' Much of the text is copied from the requirements.' : '';
}
