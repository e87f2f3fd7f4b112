import { type Collected, collected } from '../../consensus/collection.ts';
import { type Instance, proposerOf } from '../../consensus/state.ts';
import type { TimelineEntry } from '../../engine/ports.ts';
import { type Committee, weightOf } from '../../protocol/committee.ts';
import { REASON_TEXTS } from '../../protocol/explanation.ts';
import type { Digest } from '../../protocol/hash.ts';
import { ppmToNumber } from '../../protocol/ppm.ts';
import type { ValidationResult } from '../../protocol/validation-result.ts';
import type { TaskExplanation, ValidatorExplanation } from '../../rpc/api.ts';
import type { Absence } from '../presence.ts';
import { familiesSentence } from './explain-decided.ts';
import { abstentionOf, momentsOf } from './standing.ts';
import { labelOf, listed, roundSentences, timelineView } from './words.ts';

export interface OpenQuestion {
  instance: Instance;
  /** Why this node gave the task up, if it did. */
  fault: string | undefined;
  timeline: readonly TimelineEntry[];
  absences: readonly Absence[];
  effectiveFamilies: number | null;
}

/** What an open task waits for. Of judgements only what was revealed, and counts, is read. */
export function explainOpen(question: OpenQuestion): TaskExplanation {
  const { instance, timeline, effectiveFamilies, fault, absences } = question;
  const mine = collected(instance);
  const waitingFor = waitingWords(question, mine);
  const revealed = mine.reveals.filter(({ result }) => abstentionOf(instance.committee, result) === undefined);
  const families = new Set(revealed.map(({ result }) => result.modelFamily)).size;
  return {
    taskId: instance.taskId,
    state: 'open',
    summary: [
      `not decided yet: it waits for ${waitingFor}`,
      ...absences.map(({ sentence }) => sentence),
      ...(fault === undefined ? [] : [REASON_TEXTS.task_stopped.words]),
      ...(instance.muted ? [REASON_TEXTS.following_only.words] : []),
      ...roundSentences(instance.committee, timeline),
      ...(revealed.length === 0 ? [] : [familiesSentence(families, effectiveFamilies)]),
    ],
    timeline: timelineView(timeline),
    validators: instance.committee.validators.map((_, index) => validatorView(question, mine, index)),
    families,
    effectiveFamilies,
    waitingFor,
  };
}

/** A task that this node gave up: only what was seen is left of it. */
export function explainGivenUp(
  committee: Committee,
  taskId: Digest,
  timeline: readonly TimelineEntry[],
  effectiveFamilies: number | null,
): TaskExplanation {
  const { words, remedy } = REASON_TEXTS.given_up;
  const validators = committee.validators.map(({ publicKey }, index): ValidatorExplanation => {
    const moments = momentsOf(timeline, index);
    const did = moments.committedAfterMs === null ? 'had not committed to a judgement' : 'had committed to a judgement';
    const told = { reason: 'given_up', words: `${labelOf(committee, index)} ${did}`, signed: false } as const;
    return { index, publicKey, standing: 'waiting', ...told, ...moments };
  });
  return {
    taskId,
    state: 'open',
    summary: [words, ...roundSentences(committee, timeline), `what to do: ${remedy}`],
    timeline: timelineView(timeline),
    validators,
    families: 0,
    effectiveFamilies,
    waitingFor: 'a certificate from another validator',
  };
}

function waitingWords({ instance, absences, fault }: OpenQuestion, mine: Collected): string {
  const { committee } = instance;
  if (fault !== undefined) return 'a restart of this node';
  const absentWeight = weightOf(
    committee,
    absences.map(({ index }) => index),
  );
  if (committee.totalWeight - absentWeight < committee.quorum)
    return `a quorum: ${listed(absences.map(({ index }) => labelOf(committee, index)))} must come back`;
  if (instance.closedWeight < committee.quorum) return `the commitments of ${pending(instance, instance.commits)}`;
  if (instance.round < 0) return `the reveals of ${pending(instance, new Set(mine.reveals.map(({ index }) => index)))}`;
  return `the votes of round ${instance.round}, proposed by ${labelOf(committee, proposerOf(instance, instance.round))}`;
}

function pending({ committee }: Instance, done: { has(index: number): boolean }): string {
  const missing = committee.validators.map((_, index) => index).filter((index) => !done.has(index));
  return missing.length === 0
    ? 'nobody: the next step is near'
    : listed(missing.map((index) => labelOf(committee, index)));
}

function validatorView(
  { instance, timeline, absences }: OpenQuestion,
  mine: Collected,
  index: number,
): ValidatorExplanation {
  const { committee } = instance;
  const absence = absences.find((other) => other.index === index);
  const result = mine.reveals.find((reveal) => reveal.index === index)?.result;
  const following = instance.muted && index === instance.self;
  return {
    index,
    publicKey: committee.validators[index]!.publicKey,
    standing: 'waiting',
    ...(absence !== undefined ? { reason: 'not_connected' } : following ? { reason: 'following_only' } : {}),
    words: absence?.sentence ?? `${labelOf(committee, index)} ${progressWords(instance, index, following)}`,
    ...(result === undefined ? {} : revealedView(result)),
    ...momentsOf(timeline, index),
    signed: false,
  };
}

function progressWords(instance: Instance, index: number, following: boolean): string {
  if (following) return 'follows, and signs nothing';
  if (instance.reveals.has(index)) return 'has revealed its judgement';
  if (instance.commits.has(index)) return 'has committed to a judgement';
  return 'has not committed to a judgement yet';
}

function revealedView({ vote, confidencePpm, modelId, modelFamily }: ValidationResult) {
  return { vote, confidence: ppmToNumber(confidencePpm), model: modelId, family: modelFamily };
}
