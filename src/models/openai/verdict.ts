import type { Coverage, Judgement, ModelIdentity, RequirementFeedback } from '../../protocol/judgement.ts';
import { FINDING_CHARS_MAX } from '../../protocol/limits.ts';
import type { CodeReviewTask, SkillAssessmentTask } from '../../protocol/task.ts';
import type { ParsedDiff } from '../diff/parse-diff.ts';
import { maskSecrets } from '../embedded/code/rules/secrets.ts';
import type { AssessmentAnswer, ReviewAnswer } from './answer.ts';
import type { Confidence } from './confidence.ts';
import { type CheckedFindings, checkQuotes } from './quotes.ts';

/** An error finding below this certainty is a warning. */
const CERTAINTY_MIN = 0.5;

/** The verdict on a change, computed from what the model found under what the task asks. */
export function reviewVerdict(
  task: CodeReviewTask,
  diff: ParsedDiff,
  answers: readonly ReviewAnswer[],
  addedOmitted: number,
  model: ModelIdentity,
  confidence: Confidence,
): Judgement {
  const quotes = checkQuotes(
    diff,
    answers.flatMap((answer) => answer.findings),
  );
  const { checked, dropped } = quotes;
  const asked = checked.filter(
    ({ finding: { category } }) => category === 'correctness' || task.requirements[category],
  );
  for (const item of asked)
    if (item.finding.severity === 'error' && item.certainty < CERTAINTY_MIN) item.finding.severity = 'warning';
  const errors = asked.filter(({ finding }) => finding.severity === 'error');
  const findings = asked.map(({ finding }) => finding);
  const complete = diff.complete && addedOmitted === 0;
  const base = { findings, complete, coverage: reviewCoverage(diff, addedOmitted), model };
  const note = noteOn(quotes);
  const soundness = Math.min(1, ...answers.map((answer) => answer.soundness));
  if (errors.length > 0) {
    const certainty = Math.max(...errors.map((item) => item.certainty));
    return {
      ...base,
      vote: 'reject',
      confidence: confidence.of(certainty),
      summary: `${errors[0]!.finding.message}${note}${confidence.note}`,
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
    confidence: confidence.of(soundness),
    summary: `No finding that stops the change.${note}${confidence.note}`,
  };
}

function noteOn({ moved, dropped }: CheckedFindings): string {
  const moves = moved > 0 ? ` Findings moved to where their quotes stand: ${moved}.` : '';
  return dropped.length > 0
    ? `${moves} Findings dropped since they quote no line of the change: ${dropped.length}.`
    : moves;
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
  confidence: Confidence,
): Judgement | null {
  const { requirements, level } = task.criteria;
  const feedback: RequirementFeedback[] = [];
  for (const [i, requirement] of requirements.entries()) {
    const told = answer.requirements.find(({ number }) => number === i + 1);
    if (told === undefined) return null;
    feedback.push({ requirement, score: told.score, comment: maskSecrets(told.rationale).slice(0, FINDING_CHARS_MAX) });
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
    confidence: confidence.of(Math.max(good, 1 - good)),
    summary: `${summary}${confidence.note}`,
  };
}
