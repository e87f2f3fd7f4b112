import type { TimelineEntry } from '../../engine/ports.ts';
import type { Committee } from '../../protocol/committee.ts';
import { REASON_TEXTS, type ReasonCode, validatorLabel } from '../../protocol/explanation.ts';
import { ppmToNumber } from '../../protocol/ppm.ts';
import type { Core } from '../../protocol/value.ts';
import type { TimelineEntryView } from '../../rpc/api.ts';
import type { DecidedStanding } from './standing.ts';

/** E.g. `93 %`. */
function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

export function labelOf({ validators }: Committee, index: number): string {
  return validatorLabel(index, validators[index]!.publicKey);
}

/** E.g. `a, b and c`. */
export function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

/** What one validator did, in a sentence of its own. */
export function wordsOf(committee: Committee, found: DecidedStanding, timeline: readonly TimelineEntry[]): string {
  const { index, standing, reason, result } = found;
  const label = labelOf(committee, index);
  if (reason === 'not_connected') return absenceAt(timeline, index) ?? `${label} ${REASON_TEXTS.not_connected.words}`;
  if (reason !== undefined) return `${label} ${REASON_TEXTS[reason].words}`;
  if (result === undefined) return `${label}: nothing of it is in the result`;
  const verdict = `${result.vote === 'approve' ? 'approved' : 'rejected'} with ${percent(ppmToNumber(result.confidencePpm))} confidence`;
  if (standing === 'dissented') return `${label} dissented: it ${verdict}`;
  return `${label} ${verdict}`;
}

/** The sentence about a validator that was away when the task was decided. */
export function absenceAt(timeline: readonly TimelineEntry[], index: number): string | undefined {
  return timeline.findLast(({ event, validatorIndex }) => event === 'not_connected' && validatorIndex === index)?.note;
}

/** What came out, and by how much. */
export function outcomeSentence(committee: Committee, core: Core): string {
  const { outcome, reason, confidencePpm, tallies } = core;
  const { approveWeight, rejectWeight, abstainWeight } = tallies;
  const tally = `weight ${approveWeight} approves, ${rejectWeight} rejects, ${abstainWeight} abstains, of ${committee.totalWeight}; a verdict needs ${committee.threshold}`;
  if (outcome === 'APPROVED' || outcome === 'REJECTED')
    return `${outcome} with ${percent(ppmToNumber(confidencePpm))} confidence: ${tally}`;
  return `${outcome}: ${REASON_TEXTS[reason ?? 'too_few_results'].words} (${tally})`;
}

/** Why each round but the last ended, if there were several. */
export function roundSentences(committee: Committee, timeline: readonly TimelineEntry[]): string[] {
  return timeline
    .filter(({ event }) => event === 'round_ended')
    .map(({ round, reason, validatorIndex }) => {
      const who = validatorIndex === undefined ? '' : ` (${labelOf(committee, validatorIndex)})`;
      return `round ${round} ended without a decision: ${reason === undefined ? 'for no known reason' : REASON_TEXTS[reason].words}${who}`;
    });
}

export function remedyOf(reason: ReasonCode): string {
  return REASON_TEXTS[reason].remedy;
}

/** A timeline as it is shown. */
export function timelineView(timeline: readonly TimelineEntry[]): TimelineEntryView[] {
  return timeline.map(({ atMs, event, validatorIndex, round, reason, note }) => {
    const told = note ?? (reason === undefined ? undefined : REASON_TEXTS[reason].words);
    return {
      at: new Date(atMs).toISOString(),
      event,
      validatorIndex: validatorIndex ?? null,
      round: round ?? null,
      ...(told === undefined ? {} : { note: told }),
    };
  });
}
