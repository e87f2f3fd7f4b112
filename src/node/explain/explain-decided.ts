import type { TimelineEntry } from '../../engine/ports.ts';
import type { Cert } from '../../protocol/bundle.ts';
import type { Committee } from '../../protocol/committee.ts';
import { ppmToNumber } from '../../protocol/ppm.ts';
import { type Core, decodeCore } from '../../protocol/value.ts';
import type { TaskExplanation, ValidatorExplanation } from '../../rpc/api.ts';
import { abstentionOf, type DecidedStanding, standingsOf } from './standing.ts';
import { outcomeSentence, remedyOf, roundSentences, timelineView, wordsOf } from './words.ts';

/** Standings that need no sentence of their own in a summary. */
const ORDINARY = new Set<string>(['agreed', 'voted']);

export interface DecidedQuestion {
  committee: Committee;
  cert: Cert;
  /** Empty if this node was not there. */
  timeline: readonly TimelineEntry[];
  /** Of the families over the latest tasks. */
  effectiveFamilies: number | null;
}

/** Why a decided task came out as it did; a function of the certificate and of what this node saw. */
export function explainDecided({ committee, cert, timeline, effectiveFamilies }: DecidedQuestion): TaskExplanation {
  const core = decodeCore(cert.coreBytes);
  const signers = new Set(cert.votes.map(({ signer }) => signer));
  const standings = standingsOf({ committee, core, signers, timeline });
  const families = familiesOf(committee, core);
  const notable = standings.filter(({ standing }) => !ORDINARY.has(standing));
  return {
    taskId: cert.taskId,
    state: 'decided',
    outcome: core.outcome,
    ...(core.reason === null ? {} : { reason: core.reason }),
    summary: [
      outcomeSentence(committee, core),
      ...notable.map((found) => wordsOf(committee, found, timeline)),
      ...roundSentences(committee, timeline),
      ...durationSentence(timeline),
      `signed by ${signers.size} of ${committee.validators.length} validators`,
      familiesSentence(families, effectiveFamilies),
      ...remedies(core, notable),
    ],
    timeline: timelineView(timeline),
    validators: standings.map((found) => viewOf(committee, found, timeline)),
    families,
    effectiveFamilies,
  };
}

/** Distinct families among the verdicts that count. */
function familiesOf(committee: Committee, core: Core): number {
  const counted = core.reveals.filter(({ result }) => abstentionOf(committee, result) === undefined);
  return new Set(counted.map(({ result }) => result.modelFamily)).size;
}

export function familiesSentence(families: number, effective: number | null): string {
  const models = families === 1 ? 'models of one family' : `models of ${families} families`;
  const known =
    effective === null
      ? 'how independent the families are is unknown: too few results in common'
      : `of late the families voted like ${effective} independent ones or more`;
  return `${models} gave a verdict; ${known}`;
}

function durationSentence(timeline: readonly TimelineEntry[]): string[] {
  const [first, decided] = [timeline[0], timeline.find(({ event }) => event === 'decided')];
  if (first === undefined || decided === undefined)
    return ['this node did not see how it came about: it fetched the certificate, or lost its record'];
  return [`decided here ${((decided.atMs - first.atMs) / 1000).toFixed(1)} s after this node first saw it`];
}

/** What can be done, once a reason; only where there is no verdict, or somebody was away. */
function remedies(core: Core, notable: readonly DecidedStanding[]): string[] {
  const noVerdict = core.outcome === 'INCONCLUSIVE' || core.outcome === 'EXPIRED';
  const reasons = [
    ...(noVerdict ? [core.reason ?? ('too_few_results' as const)] : []),
    ...notable.flatMap(({ reason }) => reason ?? []),
  ];
  return [...new Set(reasons.map(remedyOf))].map((remedy) => `what to do: ${remedy}`);
}

function viewOf(
  committee: Committee,
  found: DecidedStanding,
  timeline: readonly TimelineEntry[],
): ValidatorExplanation {
  const { index, standing, reason, result, committedAfterMs, revealedAfterMs, signed } = found;
  return {
    index,
    publicKey: committee.validators[index]!.publicKey,
    standing,
    ...(reason === undefined ? {} : { reason }),
    words: wordsOf(committee, found, timeline),
    ...(result === undefined
      ? {}
      : {
          vote: result.vote,
          confidence: ppmToNumber(result.confidencePpm),
          model: result.modelId,
          family: result.modelFamily,
        }),
    committedAfterMs,
    revealedAfterMs,
    signed,
  };
}
