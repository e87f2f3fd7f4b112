import type { AbstainReason, Finding, Judgement, ModelIdentity } from '../../protocol/judgement.ts';
import { FINDINGS_MAX } from '../../protocol/limits.ts';
import type { CodeReviewTask, Task } from '../../protocol/task.ts';
import { parseDiff } from '../diff/parse-diff.ts';
import { at, sourceFilesOf } from '../embedded/code/evidence.ts';
import { clamp, logit, sigmoid } from '../embedded/logit.ts';
import { bucketOf, type Feature, hashed, lineFeatures, readingOf } from './features.ts';
import type { Head } from './head.ts';
import type { PriorOpinion } from './prior.ts';

const CONFIDENCE_MAX = 0.98;
const WORDS_TOLD = 3;

/** Turns the prior's opinion, and what was learned from rows, into a judgement. Without a head it is the prior's. */
export function customJudgement(
  task: Task,
  opinion: PriorOpinion,
  head: Head | undefined,
  identity: ModelIdentity,
): Judgement {
  const { nearest, open, logOdds: prior } = opinion;
  const { features, gamed } = head === undefined ? { features: [], gamed: false } : readingOf(task, opinion);
  const odds = head === undefined ? prior : head.logOdds({ prior, features: hashed(features), gamed });
  if (!open || odds === 0) return { ...nearest, model: identity };
  const { abstainReason: _none, ...rest } = nearest;
  const base = { ...rest, ...scored(task, nearest, odds - prior), model: identity };
  const verdict = verdictOf(task, opinion, odds > 0, head);
  if (verdict.vote === 'abstain') return { ...base, ...verdict, confidence: 0.5 };
  const { vote } = verdict;
  const turned = head !== undefined && vote !== nearest.vote;
  const summary = turned ? turnedText(nearest, prior, vote, features, head) : nearest.summary;
  return { ...base, ...verdict, confidence: clamp(sigmoid(Math.abs(odds)), 0.5, CONFIDENCE_MAX), summary };
}

type Verdict =
  | { vote: 'approve' | 'reject'; findings: Finding[] }
  | { vote: 'abstain'; abstainReason: AbstainReason; findings: Finding[]; summary: string };

function verdictOf(task: Task, { nearest, findings }: PriorOpinion, bad: boolean, head: Head | undefined): Verdict {
  if (!bad) {
    const soft = findings.map(softened);
    if (nearest.complete) return { vote: 'approve', findings: soft };
    const summary = 'Nothing speaks against what was read, but part of it was not: see coverage.';
    return { vote: 'abstain', abstainReason: 'incomplete', findings: soft, summary };
  }
  if (task.type === 'SKILL_ASSESSMENT') return { vote: 'reject', findings };
  const named = withError(task, findings, head);
  if (named !== undefined) return { vote: 'reject', findings: named };
  const summary = "The rows of this model's training speak against the change, but it adds no line to name.";
  return { vote: 'abstain', abstainReason: 'low_confidence', findings, summary };
}

/** Score and level move with the odds; the feedback on each requirement stays the prior's. */
function scored(task: Task, { score }: Judgement, shift: number): Pick<Judgement, 'score' | 'level'> {
  if (score === undefined || task.type !== 'SKILL_ASSESSMENT' || shift === 0) return {};
  const moved = sigmoid(logit(score) - shift);
  return { score: moved, level: Math.round(moved * task.criteria.level) };
}

/** An error rejects; what no longer does is a warning. */
function softened(finding: Finding): Finding {
  return finding.severity === 'error' ? { ...finding, severity: 'warning' } : finding;
}

/** A rejection names what stops the change: the prior's errors, or else the added line that weighs most. */
function withError(task: CodeReviewTask, findings: Finding[], head: Head | undefined): Finding[] | undefined {
  if (findings.some(({ severity }) => severity === 'error')) return findings;
  const own = head === undefined ? undefined : heaviestLine(task, head);
  return own === undefined ? undefined : [own, ...findings.slice(0, FINDINGS_MAX - 1)];
}

function heaviestLine(task: CodeReviewTask, head: Head): Finding | undefined {
  let best: { sum: number; place: ReturnType<typeof at> } | undefined;
  for (const source of sourceFilesOf(parseDiff(task.pullRequest.diff))) {
    for (const line of source.hunks.flat()) {
      if (!line.added || line.raw.trim() === '') continue;
      const sum = lineFeatures(line).reduce((total, feature) => total + head.weightOf(bucketOf(feature)), 0);
      if (best === undefined || sum > best.sum) best = { sum, place: at(source, line) };
    }
  }
  if (best === undefined) return undefined;
  return {
    ...best.place,
    rule: 'custom/resembles-rejected',
    severity: 'error',
    category: 'correctness',
    message: 'The change resembles changes that were rejected in the training of this model; this line weighs most.',
    suggestion: 'Compare it with what your team has rejected before.',
  };
}

const NOUNS = { approve: 'approval', reject: 'rejection', abstain: 'abstention' } as const;

function turnedText(
  nearest: Judgement,
  prior: number,
  vote: 'approve' | 'reject',
  features: readonly Feature[],
  head: Head,
): string {
  const words = heaviestWords(features, head, vote === 'reject' ? 1 : -1);
  const weighing = words.length === 0 ? '' : ` Weighing most: ${words.map((word) => `"${word}"`).join(', ')}.`;
  const before = `${NOUNS[nearest.vote]} (${sigmoid(Math.abs(prior)).toFixed(2)})`;
  return `The rows of this model's training turn its prior's ${before} to ${NOUNS[vote]}.${weighing} The prior said: ${nearest.summary}`;
}

/** Words of the task that speak for the vote, heaviest first. */
function heaviestWords(features: readonly Feature[], head: Head, sign: 1 | -1): string[] {
  const sums = new Map<string, number>();
  for (const feature of features) {
    if (feature.word === undefined) continue;
    const told = feature.word.toLowerCase();
    sums.set(told, (sums.get(told) ?? 0) + sign * feature.value * head.weightOf(bucketOf(feature)));
  }
  const heavy = [...sums].filter(([, sum]) => sum > 0).sort(([, a], [, b]) => b - a);
  return heavy.slice(0, WORDS_TOLD).map(([word]) => word);
}
