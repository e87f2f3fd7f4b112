import type { VerifiedResult, VerifyingClient } from '../../node/client.ts';
import { sarifLog } from '../../node/sarif.ts';
import { type AgreedFinding, agreementOf } from '../../protocol/agreement.ts';
import { findingIds } from '../../protocol/finding-id.ts';
import type { CodeReviewTask } from '../../protocol/task.ts';
import { printResult } from '../ask.ts';
import { attestationOf } from '../attestation.ts';
import { inert } from '../inert.ts';
import type { Output } from '../io.ts';
import { type FindingFilter, filterFindings } from './gate.ts';
import { type Comparison, compare } from './since.ts';

export const REVIEW_FORMATS = ['pretty', 'json', 'sarif', 'dsse'] as const;
export type ReviewFormat = (typeof REVIEW_FORMATS)[number];

/** A verified review with what is told of it. */
export interface ToldReview {
  verified: VerifiedResult;
  findings: AgreedFinding[];
  /** Ids over all findings, so that a filter changes none. */
  ids: ReadonlyMap<AgreedFinding, string>;
  comparison?: Comparison;
  leftOut: readonly string[];
  headSha?: string | undefined;
}

interface Telling {
  task: CodeReviewTask;
  leftOut: readonly string[];
  filter: FindingFilter;
  earlier: readonly AgreedFinding[] | undefined;
}

/** Findings are computed from the verified judgements: a node's own list is not believed. */
export function reviewOf(verified: VerifiedResult, { task, leftOut, filter, earlier }: Telling): ToldReview {
  const { diff } = task.pullRequest;
  const all = agreementOf(verified.result.judgements ?? []).findings;
  const allIds = findingIds(all);
  const ids = new Map(all.map((finding, at) => [finding, allIds[at]!]));
  const findings = filterFindings(all, filter, diff);
  const comparison = earlier === undefined ? {} : { comparison: compare(earlier, all, diff) };
  return { verified, findings, ids, leftOut, headSha: task.headSha, ...comparison };
}

/** @throws ValidationError for dsse: UNAVAILABLE, NO_TASK, NOT_AUTHENTIC */
export async function tellReview(
  out: Output,
  client: VerifyingClient,
  told: ToldReview,
  { format, signal }: { format: ReviewFormat; signal: AbortSignal },
): Promise<void> {
  const { verified, findings, comparison } = told;
  if (format === 'sarif') out.json(sarifOf(told));
  else if (format === 'dsse') out.json(await attestationOf(client, verified.result, signal));
  else printResult(out, client, verified, findings);
  if (comparison !== undefined) for (const line of comparisonLines(told, comparison)) out.note(line);
}

function sarifOf({ verified: { result }, findings, ids, comparison, leftOut, headSha }: ToldReview) {
  const baselineOf = (id: string) => (comparison?.kept.has(id) ? ('unchanged' as const) : ('new' as const));
  const baseline = comparison === undefined ? {} : { baselineOf };
  return sarifLog({ result, findings, ids, leftOut, headSha, plain: inert, ...baseline });
}

function comparisonLines({ findings, ids }: ToldReview, { kept, fixed, unseen }: Comparison): string[] {
  const line = (state: string) => (finding: AgreedFinding) =>
    `${state}  ${finding.file}:${finding.line}  ${finding.rules.join(', ')}`;
  return [
    ...findings.map((finding) => line(kept.has(ids.get(finding)!) ? 'kept  ' : 'new   ')(finding)),
    ...fixed.map(line('fixed ')),
    ...unseen.map(line('unseen')),
  ];
}
