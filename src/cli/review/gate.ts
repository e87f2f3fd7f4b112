import { type ShownFile, shownFiles } from '../../node/diff-sections.ts';
import type { AgreedFinding } from '../../protocol/agreement.ts';
import type { ConsensusResult } from '../../protocol/consensus-result.ts';
import type { Severity } from '../../protocol/judgement.ts';
import { EXIT, type ExitCode, exitOfOutcome } from '../exit-codes.ts';

/**
 * What stops a change: a rejection (`error`), also an approval with agreed findings of this severity or worse
 * (`warning`, `note`), or nothing that was judged (`none`).
 */
export type FailLevel = Severity | 'none';
export const FAIL_LEVELS: readonly FailLevel[] = ['error', 'warning', 'note', 'none'];

/** Which findings are told: those on added lines, in files of the diff, or all. */
export type FindingFilter = 'added' | 'file' | 'all';
export const FINDING_FILTERS: readonly FindingFilter[] = ['added', 'file', 'all'];

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

/** A filter never changes a verdict; it chooses what is told, and what {@link gateExit} counts beyond the verdict. */
export function filterFindings(
  findings: readonly AgreedFinding[],
  filter: FindingFilter,
  diff: string,
): AgreedFinding[] {
  if (filter === 'all') return [...findings];
  const shown = shownFiles(diff);
  return findings.filter((finding) => isIn(shown.get(finding.file), finding, filter));
}

function isIn(file: ShownFile | undefined, { line }: AgreedFinding, filter: FindingFilter): boolean {
  return filter === 'file' ? file !== undefined : file?.added.has(line) === true;
}

/** What was not judged never passes, whatever the level. */
export function gateExit(
  { outcome }: Pick<ConsensusResult, 'outcome'>,
  findings: readonly AgreedFinding[],
  failLevel: FailLevel,
): ExitCode {
  const verdict = exitOfOutcome(outcome);
  if (verdict === EXIT.unjudged) return verdict;
  if (failLevel === 'none') return EXIT.ok;
  return findings.some((finding) => stops(finding, failLevel)) ? EXIT.rejected : verdict;
}

/** More than half of the judgements at hand: one validator alone stops nothing that the network approved. */
function stops({ severity, agreement }: AgreedFinding, failLevel: Severity): boolean {
  return failLevel !== 'error' && RANK[severity] <= RANK[failLevel] && 2 * agreement.found > agreement.of;
}
