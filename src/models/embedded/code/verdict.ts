import type { Coverage, Judgement, ModelIdentity } from '../../../protocol/judgement.ts';
import type { CodeReviewTask } from '../../../protocol/task.ts';
import { isCode, type Language } from '../../diff/language.ts';
import { clamp, logit, sigmoid } from '../logit.ts';
import { type Evidence, merge } from './evidence.ts';
import type { ReadChange } from './lint.ts';

/** What a review has to go by. */
export interface CodeContext extends ReadChange {
  task: CodeReviewTask;
}

/** What one variant thinks: its findings, and the log-odds that something is wrong that no finding names. */
export interface CodeOpinion {
  evidence: Evidence[];
  logOdds: number;
  /** False where the variant knows nothing of such changes, or read a part of this one: without an error it abstains. */
  knows?: boolean;
}

/**
 * Share of changes that a reviewer would stop, where nothing was learned of them. A fifth is on the careful side of
 * what reviews find, and lets ordinary clean changes reach 0.8.
 */
export const PRIOR_BAD = 0.2;
const CONFIDENCE_MAX = 0.98;

/**
 * How sure an approval may be in languages that no labelled change was written in: sure enough for a clean change to
 * pass, and no surer. What cannot be read at all stays below the network's rule.
 */
const APPROVAL_MAX: Partial<Record<Language, number>> = {
  go: 0.85,
  ruby: 0.85,
  shell: 0.85,
  sql: 0.85,
  docker: 0.85,
  yaml: 0.85,
  unknown: 0.65,
};

/** Turns an opinion into a judgement under the task's requirements. */
export function reviewJudgement(context: CodeContext, opinion: CodeOpinion, model: ModelIdentity): Judgement {
  const coverage = coverageOf(context);
  const complete = context.diff.complete && !coverage.omitted.some((item) => item.reason === NOT_IN_DIFF);
  const base = { findings: [], coverage, complete, model };
  if (context.diff.changedLines === 0) {
    const summary = 'The diff holds no changed line that can be judged.';
    return { ...base, vote: 'abstain', abstainReason: 'not_judgeable', confidence: 0.5, complete: false, summary };
  }
  const evidence = merge(opinion.evidence.filter((item) => isAsked(item, context.task)));
  const findings = evidence.map(({ belief: _belief, ...finding }) => finding);
  const errors = evidence.filter((item) => item.severity === 'error');
  if (errors.length > 0) {
    const confidence = clamp(1 - errors.reduce((left, { belief }) => left * (1 - belief), 1), 0.5, CONFIDENCE_MAX);
    return { ...base, vote: 'reject', confidence, findings, summary: rejectionOf(errors) };
  }
  if (!complete) {
    const summary = `No defect found in what was read, but part of the change was not: ${coverage.omitted[0]?.what ?? 'see coverage'}.`;
    return { ...base, vote: 'abstain', abstainReason: 'incomplete', confidence: 0.5, findings, summary };
  }
  if (opinion.knows === false) {
    const summary =
      'Nothing stands out, but changes of this kind or size cannot be told apart well enough to approve one.';
    return { ...base, vote: 'abstain', abstainReason: 'low_confidence', confidence: 0.5, findings, summary };
  }
  const bad = sigmoid(opinion.logOdds + remarkOdds(evidence));
  const confidence = clamp(1 - bad, 0.5, approvalMax(context));
  const summary =
    findings.length === 0 ? 'No defect found.' : `No defect that would stop the change; ${findings.length} remarks.`;
  if (bad <= 0.5) return { ...base, vote: 'approve', confidence, findings, summary };
  const unsure = `Several remarks together leave it open whether the change is sound.`;
  return { ...base, vote: 'abstain', abstainReason: 'low_confidence', confidence: 0.5, findings, summary: unsure };
}

/** Correctness is always of interest; the other categories only as the task asks. */
function isAsked({ category }: Evidence, { requirements }: CodeReviewTask): boolean {
  return category === 'correctness' || requirements[category];
}

function approvalMax({ task, sources }: CodeContext): number {
  if (!task.requirements.security) return CONFIDENCE_MAX;
  const caps = sources.map(({ file }) => APPROVAL_MAX[file.language] ?? CONFIDENCE_MAX);
  return Math.min(CONFIDENCE_MAX, ...caps);
}

/** What remarks add to the odds: each rule once, by its surest hit; style says little, and rules of security were learned from. */
function remarkOdds(evidence: readonly Evidence[]): number {
  const byRule = new Map<string, number>();
  for (const { rule, category, belief } of evidence) {
    if (category === 'security' && !rule.startsWith('secret/')) continue;
    const odds = logit(Math.max(0.5, belief)) * (category === 'style' ? STYLE_WEIGHT : 1);
    byRule.set(rule, Math.max(byRule.get(rule) ?? 0, odds));
  }
  return [...byRule.values()].reduce((sum, odds) => sum + odds, 0);
}

const STYLE_WEIGHT = 0.3;

function rejectionOf(errors: readonly Evidence[]): string {
  const [first] = errors;
  const others = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return `${first!.file}:${first!.line} ${first!.message}${others}`;
}

const NOT_IN_DIFF = 'named by the task but not in the diff';
const OMISSIONS_TOLD = 20;

function coverageOf({ task, diff, sources, linted }: CodeContext): Coverage {
  const paths = new Set(
    diff.files.flatMap((file) => (file.oldPath === undefined ? [file.path] : [file.path, file.oldPath])),
  );
  const missing =
    diff.files.length === diff.filesTotal ? task.pullRequest.files.filter((file) => !paths.has(file)) : [];
  const omitted = missing.slice(0, OMISSIONS_TOLD).map((what) => ({ what, reason: NOT_IN_DIFF }));
  const unlinted = linted.leftOut.map((note) => ({ what: 'lint', reason: note }));
  const silent = diff.files.filter((file) => !file.binary && file.hunks.length === 0).length;
  return {
    filesTotal: diff.filesTotal + missing.length,
    filesJudged: sources.length + silent,
    linesTotal: diff.addedTotal,
    linesJudged: diff.addedJudged,
    omitted: [...diff.omitted, ...omitted, ...unlinted],
  };
}

/** Odds of a change that no learned judge reads: the prior, better without code, worse when there is much of it. */
export function startingOdds({ diff, sources }: CodeContext): number {
  const size = diff.addedJudged > LARGE_LINES ? 0.5 : -0.2;
  const code = sources.some((source) => isCode(source.file.language)) ? 0 : -0.5;
  return logit(PRIOR_BAD) + size + code;
}

/** Added lines from which a reviewer is known to find less. */
const LARGE_LINES = 400;
