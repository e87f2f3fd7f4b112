import type { Coverage, Judgement, ModelIdentity } from '../../../protocol/judgement.ts';
import type { CodeReviewTask } from '../../../protocol/task.ts';
import { isCode, type Language } from '../../diff/language.ts';
import type { ParsedDiff } from '../../diff/parse-diff.ts';
import { clamp, logit, sigmoid } from '../logit.ts';
import { type Evidence, merge, type SourceFile, touchesSink } from './evidence.ts';

/** What a review has to go by. */
export interface CodeContext {
  task: CodeReviewTask;
  diff: ParsedDiff;
  sources: SourceFile[];
}

/** What one variant thinks: its findings, and the log-odds that something is wrong that no finding names. */
export interface CodeOpinion {
  evidence: Evidence[];
  logOdds: number;
}

/**
 * Share of changes that a reviewer would stop; training sets are half bad, real changes are not. Every opinion starts
 * from these odds. A fifth is on the careful side of what reviews find, and lets ordinary clean changes reach 0.8.
 */
export const PRIOR_BAD = 0.2;
const CONFIDENCE_MAX = 0.98;

/**
 * How sure an approval may be, by language: what the judges were seen to know. C, where held-out
 * accuracy is near chance, and unknown languages stay below the network's rule and so count as no opinion.
 */
const APPROVAL_MAX: Record<Language, number> = {
  js: 0.96,
  python: 0.96,
  java: 0.9,
  go: 0.9,
  php: 0.9,
  ruby: 0.9,
  html: 0.9,
  sql: 0.88,
  yaml: 0.9,
  docker: 0.9,
  shell: 0.86,
  csharp: 0.84,
  rust: 0.78,
  c: 0.7,
  unknown: 0.65,
  text: 0.96,
  data: 0.94,
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
  const caps = sources.map(({ file }) => APPROVAL_MAX[file.language]);
  return Math.min(CONFIDENCE_MAX, ...caps);
}

/** What remarks add to the odds: each rule once, by its surest hit; style says little about soundness. */
function remarkOdds(evidence: readonly Evidence[]): number {
  const byRule = new Map<string, number>();
  for (const { rule, category, belief } of evidence) {
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

function coverageOf({ task, diff, sources }: CodeContext): Coverage {
  const paths = new Set(
    diff.files.flatMap((file) => (file.oldPath === undefined ? [file.path] : [file.path, file.oldPath])),
  );
  const missing =
    diff.files.length === diff.filesTotal ? task.pullRequest.files.filter((file) => !paths.has(file)) : [];
  const omitted = missing.slice(0, OMISSIONS_TOLD).map((what) => ({ what, reason: NOT_IN_DIFF }));
  const silent = diff.files.filter((file) => !file.binary && file.hunks.length === 0).length;
  return {
    filesTotal: diff.filesTotal + missing.length,
    filesJudged: sources.length + silent,
    linesTotal: diff.addedTotal,
    linesJudged: diff.addedJudged,
    omitted: [...diff.omitted, ...omitted],
  };
}

/**
 * Odds before any evidence: the prior; better with a test in the change or without code, worse when it is large or
 * works where defects do harm.
 */
export function startingOdds({ diff, sources }: CodeContext): number {
  const tested = sources.some((source) => source.isTest) ? -0.4 : 0;
  const size = diff.addedJudged > LARGE_LINES ? 0.5 : -0.2;
  const code = sources.some((source) => isCode(source.file.language)) ? 0 : -0.5;
  const exposed = sources.some(touchesSink) ? 0.5 : 0;
  return logit(PRIOR_BAD) + tested + size + code + exposed;
}

/** Added lines from which a reviewer is known to find less. */
const LARGE_LINES = 400;
