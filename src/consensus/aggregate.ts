import type { Committee } from '../protocol/committee.ts';
import type { ValidationResult } from '../protocol/validation-result.ts';
import type { Aggregate, Outcome, Reason, Reveal } from '../protocol/value.ts';

/** One number with the weight of the validator that said it; the index breaks ties. */
interface Weighted {
  value: number;
  index: number;
  weight: number;
}

/**
 * R9: what a set of revealed results says under the network's rules. Integers only; the order of the reveals
 * does not matter. Weights are shares of the total, so that whoever picks the set cannot lower the bar.
 */
export function aggregate(committee: Committee, reveals: readonly Reveal[]): Aggregate {
  const counted = reveals.filter(({ result }) => countsAs(committee, result) !== 'abstain');
  const approving = counted.filter(({ result }) => result.vote === 'approve');
  const rejecting = counted.filter(({ result }) => result.vote === 'reject');
  const approveWeight = totalWeight(committee, approving);
  const rejectWeight = totalWeight(committee, rejecting);
  const abstainWeight = totalWeight(committee, reveals) - approveWeight - rejectWeight;
  const tallies = { approveWeight, rejectWeight, abstainWeight, results: counted.length, families: 0 };
  const decidedAtSeconds = lowerMedian(weighted(committee, reveals, (result) => result.judgedAtSeconds)) ?? 0;
  const open = { confidencePpm: 0, scorePpm: null, decidedAtSeconds, tallies };

  if (counted.length < committee.rules.requiredValidators) return { outcome: 'EXPIRED', reason: null, ...open };
  const winner = winnerOf(committee, approveWeight, rejectWeight);
  if (winner === undefined) {
    return {
      outcome: 'INCONCLUSIVE',
      reason: undecidedReason(committee, approveWeight + rejectWeight, abstainWeight),
      ...open,
    };
  }
  const side = winner === 'APPROVED' ? approving : rejecting;
  const families = new Set(side.map(({ result }) => result.modelFamily)).size;
  const withFamilies = { ...open, tallies: { ...tallies, families } };
  if (families < committee.rules.minModelFamilies) {
    return { outcome: 'INCONCLUSIVE', reason: 'model_diversity', ...withFamilies };
  }
  const confidencePpm = lowerMedian(weighted(committee, side, (result) => result.confidencePpm)) ?? 0;
  const scorePpm = lowerMedian(weighted(committee, side, (result) => result.scorePpm));
  return { outcome: winner, reason: null, ...withFamilies, confidencePpm, scorePpm };
}

/** An approval of a part, and a verdict below minConfidence, are abstentions; they stay in the denominator. */
function countsAs(committee: Committee, { vote, confidencePpm, complete }: ValidationResult) {
  if (vote === 'approve' && !complete) return 'abstain';
  return confidencePpm < committee.rules.minConfidencePpm ? 'abstain' : vote;
}

function winnerOf(committee: Committee, approveWeight: number, rejectWeight: number): Outcome | undefined {
  // The threshold is above half, so at most one side reaches it.
  if (approveWeight >= committee.threshold) return 'APPROVED';
  return rejectWeight >= committee.threshold ? 'REJECTED' : undefined;
}

function undecidedReason(committee: Committee, verdictWeight: number, abstainWeight: number): Reason {
  if (verdictWeight >= committee.threshold) return 'split';
  return verdictWeight + abstainWeight >= committee.threshold ? 'low_confidence' : 'missing';
}

function totalWeight(committee: Committee, reveals: readonly Reveal[]): number {
  return reveals.reduce((sum, { index }) => sum + committee.validators[index]!.weight, 0);
}

function weighted(
  committee: Committee,
  reveals: readonly Reveal[],
  read: (result: ValidationResult) => number | null,
): Weighted[] {
  return reveals.flatMap(({ index, result }) => {
    const value = read(result);
    return value === null ? [] : [{ value, index, weight: committee.validators[index]!.weight }];
  });
}

/** The weighted lower median: by (value, index), the first whose cumulated weight doubled reaches the total. */
function lowerMedian(items: Weighted[]): number | null {
  const sorted = items.sort((a, b) => a.value - b.value || a.index - b.index);
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0);
  let sum = 0;
  for (const { value, weight } of sorted) {
    sum += weight;
    if (2 * sum >= total) return value;
  }
  return null;
}
