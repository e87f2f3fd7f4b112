import type { TimelineEntry } from '../../engine/ports.ts';
import type { Committee } from '../../protocol/committee.ts';
import type { ReasonCode, Standing } from '../../protocol/explanation.ts';
import type { ValidationResult } from '../../protocol/validation-result.ts';
import type { Core } from '../../protocol/value.ts';

/** How one validator stands to a decided task. */
export interface DecidedStanding {
  index: number;
  standing: Standing;
  reason?: ReasonCode;
  /** Its revealed result, where the agreed value holds it. */
  result?: ValidationResult;
  committedAfterMs: number | null;
  revealedAfterMs: number | null;
  signed: boolean;
}

/** What standings follow from: the agreed core, who signed, and what this node saw. */
export interface DecidedTask {
  committee: Committee;
  core: Core;
  signers: ReadonlySet<number>;
  /** Empty if this node was not there. */
  timeline: readonly TimelineEntry[];
}

/** How every validator of the committee stands to a decided task, by index. */
export function standingsOf(task: DecidedTask): DecidedStanding[] {
  return task.committee.validators.map((_, index) => {
    const result = task.core.reveals.find((reveal) => reveal.index === index)?.result;
    return {
      index,
      ...(result === undefined ? outside(task, index) : { ...inside(task, result), result }),
      ...momentsOf(task.timeline, index),
      signed: task.signers.has(index),
    };
  });
}

/** When this node heard a validator's commitment and its reveal, after it first saw the task. */
export function momentsOf(timeline: readonly TimelineEntry[], index: number) {
  const startMs = timeline[0]?.atMs ?? 0;
  const after = (event: 'committed' | 'revealed') => {
    const entry = timeline.find((other) => other.event === event && other.validatorIndex === index);
    return entry === undefined ? null : Math.max(0, Math.round(entry.atMs - startMs));
  };
  return { committedAfterMs: after('committed'), revealedAfterMs: after('revealed') };
}

/** Why a result counts for neither side, by rule R9; undefined if it counts. */
export function abstentionOf({ rules }: Committee, result: ValidationResult): ReasonCode | undefined {
  if (result.abstainReason !== null) return `abstained_${result.abstainReason}`;
  if (result.vote === 'approve' && !result.complete) return 'partial_approval';
  return result.confidencePpm < rules.minConfidencePpm ? 'below_min_confidence' : undefined;
}

function inside(
  { committee, core }: DecidedTask,
  result: ValidationResult,
): { standing: Standing; reason?: ReasonCode } {
  const reason = abstentionOf(committee, result);
  if (reason !== undefined) return { standing: 'abstained', reason };
  if (core.outcome !== 'APPROVED' && core.outcome !== 'REJECTED') return { standing: 'voted' };
  return { standing: (result.vote === 'approve') === (core.outcome === 'APPROVED') ? 'agreed' : 'dissented' };
}

function outside({ core, timeline, signers }: DecidedTask, index: number): { standing: Standing; reason?: ReasonCode } {
  const saw = (event: TimelineEntry['event']) =>
    timeline.some((entry) => entry.event === event && entry.validatorIndex === index);
  const absent = saw('not_connected');
  if (core.unrevealed.includes(index)) {
    const reason = saw('revealed') ? 'reveal_late' : absent ? 'not_connected' : 'reveal_withheld';
    return { standing: 'unrevealed', reason };
  }
  if (saw('committed')) return { standing: 'late', reason: 'commitment_late' };
  if (signers.has(index)) return { standing: 'late', reason: 'no_commitment_in_time' };
  if (absent) return { standing: 'missing', reason: 'not_connected' };
  return timeline.length === 0 ? { standing: 'missing' } : { standing: 'missing', reason: 'no_commitment_in_time' };
}
