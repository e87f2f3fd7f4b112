import type { Coverage, Judgement, ModelIdentity, RequirementFeedback } from '../../protocol/judgement.ts';
import type { CodeReviewTask, SkillAssessmentTask } from '../../protocol/task.ts';
import type { ParsedDiff } from '../diff/parse-diff.ts';
import { clamp } from '../embedded/logit.ts';
import type { AssessmentAnswer, ReviewAnswer } from './answer.ts';
import { checkQuotes } from './quotes.ts';

/** Models overstate how sure they are; what they say of themselves is not calibrated and never counts for more. */
const CONFIDENCE_MAX = 0.95;
/** An error finding below this certainty is a warning. */
const CERTAINTY_MIN = 0.5;

const confident = (value: number) => clamp(value, 0.5, CONFIDENCE_MAX);

/** The verdict on a change, computed from what the model found under what the task asks. */
export function reviewVerdict(
  task: CodeReviewTask,
  diff: ParsedDiff,
  answers: readonly ReviewAnswer[],
  addedOmitted: number,
  model: ModelIdentity,
): Judgement {
  const { checked, dropped } = checkQuotes(
    diff,
    answers.flatMap((answer) => answer.findings),
  );
  const asked = checked.filter(
    ({ finding: { category } }) => category === 'correctness' || task.requirements[category],
  );
  for (const item of asked)
    if (item.finding.severity === 'error' && item.certainty < CERTAINTY_MIN) item.finding.severity = 'warning';
  const errors = asked.filter(({ finding }) => finding.severity === 'error');
  const findings = asked.map(({ finding }) => finding);
  const complete = diff.complete && addedOmitted === 0;
  const base = { findings, complete, coverage: reviewCoverage(diff, addedOmitted), model };
  const note = dropped.length > 0 ? ` ${dropped.length} findings quoted no line of the change and were dropped.` : '';
  const soundness = Math.min(1, ...answers.map((answer) => answer.soundness));
  if (errors.length > 0) {
    const certainty = Math.max(...errors.map((item) => item.certainty));
    return {
      ...base,
      vote: 'reject',
      confidence: confident(certainty),
      summary: `${errors[0]!.finding.message}${note}`,
    };
  }
  if (!complete)
    return {
      ...base,
      vote: 'abstain',
      abstainReason: 'incomplete',
      confidence: 0.5,
      summary: `Part of the change was not judged.${note}`,
    };
  const unproven = dropped.some(({ severity }) => severity === 'error');
  if (soundness < 0.5 || unproven) {
    return {
      ...base,
      vote: 'abstain',
      abstainReason: 'low_confidence',
      confidence: 0.5,
      summary: `The model doubts the change but named no line that stands.${note}`,
    };
  }
  return {
    ...base,
    vote: 'approve',
    confidence: confident(soundness),
    summary: `No finding that stops the change.${note}`,
  };
}

function reviewCoverage(diff: ParsedDiff, addedOmitted: number): Coverage {
  const read = diff.files.filter((file) => !file.binary).length;
  const omission =
    addedOmitted > 0 ? [{ what: `${addedOmitted} added lines`, reason: 'past the context of the model' }] : [];
  return {
    filesTotal: diff.filesTotal,
    filesJudged: read,
    linesTotal: diff.addedTotal,
    linesJudged: diff.addedJudged - addedOmitted,
    omitted: [...diff.omitted, ...omission],
  };
}

/** The verdict on a submission, computed from the scores of its requirements. Null if a requirement has no score. */
export function assessmentVerdict(
  task: SkillAssessmentTask,
  answer: AssessmentAnswer,
  cut: boolean,
  model: ModelIdentity,
): Judgement | null {
  const { requirements, level } = task.criteria;
  const feedback: RequirementFeedback[] = [];
  for (const [i, requirement] of requirements.entries()) {
    const told = answer.requirements.find(({ number }) => number === i + 1);
    if (told === undefined) return null;
    feedback.push({ requirement, score: told.score, comment: told.rationale.slice(0, 2000) });
  }
  const scores = feedback.map(({ score }) => score);
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const good = 0.6 * mean + 0.4 * Math.min(...scores);
  const linesTotal = task.submission.content.split('\n').length;
  const omitted = cut ? [{ what: 'the end of the submission', reason: 'past the context of the model' }] : [];
  const coverage = {
    filesTotal: 1,
    filesJudged: 1,
    linesTotal,
    linesJudged: cut ? linesTotal - 1 : linesTotal,
    omitted,
  };
  const met = scores.filter((score) => score >= 0.5).length;
  const base = {
    findings: [],
    complete: !cut,
    coverage,
    feedback,
    score: mean,
    level: Math.round(mean * level),
    model,
  };
  const summary = `${met} of ${scores.length} requirements met.`;
  if (good >= 0.5 && cut) return { ...base, vote: 'abstain', abstainReason: 'incomplete', confidence: 0.5, summary };
  return {
    ...base,
    vote: good >= 0.5 ? 'approve' : 'reject',
    confidence: confident(Math.max(good, 1 - good)),
    summary,
  };
}
