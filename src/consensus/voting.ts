import type { Cert, Polka, RoundCert } from '../protocol/bundle.ts';
import type { Digest } from '../protocol/hash.ts';
import type { LeafOf, VoteLeaf } from '../protocol/leaf.ts';
import type { SignedLeaf } from '../protocol/signed-leaf.ts';
import { readyToPropose, state } from './collection.ts';
import {
  type Effect,
  type HeldValue,
  type Instance,
  maySign,
  proposerOf,
  type Round,
  roundOf,
  type Step,
  type ValidValue,
  type VoteGroup,
  type VoteTally,
} from './state.ts';
import { freshValue, hardValid, holdValue, softAccept } from './valuation.ts';

/**
 * One Tendermint instance (arXiv 1807.04938), level-triggered: each guard looks at the whole state, changes at
 * most one thing and says whether it did. `step` runs them until nothing changes, so the order in which messages
 * came does not matter.
 */

type Guard = (instance: Instance, effects: Effect[]) => boolean;

/** R22: PRECOMMITs of weight Q for one value in any one round decide; so does a CERT. */
export const decide: Guard = (instance, effects) => {
  for (const round of instance.rounds.values()) {
    const group = valueGroup(instance, round.precommits);
    if (group === undefined) continue;
    const held = instance.values.get(group.leaf.valueId!);
    if (held === undefined) continue; // its core is asked for, see `wanted`
    decideBy(
      instance,
      { kind: 'CERT', taskId: instance.taskId, votes: votesOf(group), coreBytes: held.coreBytes },
      effects,
    );
    return true;
  }
  return false;
};

export function decideBy(instance: Instance, cert: Cert, effects: Effect[]): void {
  instance.decided = cert;
  effects.push({ kind: 'decided', cert });
}

/** R21: votes of weight F+1 in a later round: at least one honest validator is there, so I go there too. */
export const skipRound: Guard = (instance, effects) => {
  let last = instance.round;
  for (const [number, round] of instance.rounds) {
    if (number > last && round.voterWeight > instance.committee.faulty) last = number;
  }
  if (last === instance.round) return false;
  const voters = [...roundOf(instance, last).voters.values()];
  enterRound(instance, last, last === 0 ? null : roundCertOf(instance, voters), effects);
  return true;
};

/** R13: round 0 starts when its value can be judged, or at a proposal that I accept. */
export const startRound: Guard = (instance, effects) => {
  if (instance.round >= 0) return false;
  const proposed = roundOf(instance, 0).proposals.some((proposal) => {
    const held = instance.values.get(proposal.leaf.valueId)!;
    return (
      proposal.leaf.validRound === -1 && hardValid(instance, held) === true && softAccept(instance, held) === 'yes'
    );
  });
  if (!proposed && !readyToPropose(instance, effects)) return false;
  enterRound(instance, 0, null, effects);
  return true;
};

/** R20: PRECOMMITs of weight Q for nil end the round at once; of weight Q for anything, after a timeout. */
export const endRound: Guard = (instance, effects) => {
  for (const [number, round] of instance.rounds) {
    if (number < instance.round || round.precommits.weight < instance.committee.quorum) continue;
    if (nilGroup(instance, round.precommits) !== undefined) {
      enterRound(instance, number + 1, roundCertOf(instance, [...round.precommits.first.values()]), effects);
      return true;
    }
    if (number === instance.round) armOnce(instance, round, 'precommit', effects);
  }
  return false;
};

/** R14: the proposer repeats the value that a quorum prevoted, with the proof, or makes a fresh one. */
export const propose: Guard = (instance, effects) => {
  const { round, self } = instance;
  const due = round >= 0 && instance.step === 'propose' && maySign(instance) && self === proposerOf(instance, round);
  if (!due || instance.own.has(`PROPOSAL/${round}`)) return false;
  // A polka of this very round means that another process proposed under my key; it proves nothing for a proposal.
  const valid = instance.valid !== null && instance.valid.round < round ? instance.valid : null;
  const value = valid === null ? freshValue(instance) : valid.value;
  const validRound = valid === null ? -1 : valid.round;
  const leaf: LeafOf<'PROPOSAL'> = {
    type: 'PROPOSAL',
    taskId: instance.taskId,
    round,
    validRound,
    valueId: holdValue(instance, value).id,
  };
  state(instance, leaf, value, { kind: 'proposed', leaf, value }, effects);
  if (valid !== null) effects.push({ kind: 'bundle', bundle: valid.polka });
  return true;
};

/** R15, R16: at step propose, vote for a proposal as soon as one can be judged. */
export const prevote: Guard = (instance, effects) => {
  if (instance.round < 0 || instance.step !== 'propose') return false;
  for (const { leaf } of roundOf(instance, instance.round).proposals) {
    const answer = judgeProposal(instance, leaf);
    if (answer === 'wait') continue;
    prevoteFor(instance, answer === 'yes' ? leaf : null, effects);
    return true;
  }
  return false;
};

function judgeProposal(instance: Instance, { valueId, validRound }: LeafOf<'PROPOSAL'>): 'yes' | 'no' | 'wait' {
  const { lock } = instance;
  const held = instance.values.get(valueId)!;
  const lockedOnIt = lock !== null && lockedId(instance) === valueId;
  if (validRound >= 0 && polkaFor(instance, validRound, valueId) === undefined) return 'wait';
  // An honest validator of the polka's quorum judged the value; whoever held its witnesses may have lost them since.
  if (validRound >= 0) return lock === null || lock.round <= validRound || lockedOnIt ? 'yes' : 'no'; // R16
  const valid = hardValid(instance, held);
  if (valid !== true) return valid === undefined ? 'wait' : 'no';
  if (lock !== null && !lockedOnIt) return 'no'; // R15
  return softAccept(instance, held);
}

function prevoteFor(instance: Instance, proposal: LeafOf<'PROPOSAL'> | null, effects: Effect[]): void {
  instance.step = 'prevote';
  if (!maySign(instance)) return;
  const { round, taskId } = instance;
  const valueId = proposal?.valueId ?? null;
  const leaf: LeafOf<'PREVOTE'> = { type: 'PREVOTE', taskId, round, valueId, validRound: proposal?.validRound ?? -1 };
  state(instance, leaf, null, { kind: 'prevoted', leaf }, effects);
}

/** R17, R18: PREVOTEs of weight Q for a value: at step prevote lock it and precommit; later, or of an older round, only remember it. */
export const followPolka: Guard = (instance, effects) => {
  for (const [number, round] of instance.rounds) {
    if (number > instance.round) continue;
    const group = valueGroup(instance, round.prevotes);
    const held = group && instance.values.get(group.leaf.valueId!);
    if (group === undefined || held === undefined) continue;
    const locks = number === instance.round && instance.step === 'prevote';
    if (!locks && number <= (instance.valid?.round ?? -1)) continue;
    const valid = { round: number, value: held.value, polka: polkaOf(instance, group) };
    if (locks) return lockAndPrecommit(instance, valid, held, effects);
    instance.valid = valid;
    effects.push({ kind: 'record', record: { kind: 'valid', valid } });
    return true;
  }
  return false;
};

function lockAndPrecommit(instance: Instance, valid: ValidValue, held: HeldValue, effects: Effect[]): boolean {
  instance.lock = valid;
  instance.valid = valid;
  precommitFor(instance, held.id, valid, effects);
  return true;
}

/** R19: PREVOTEs of weight Q for nil: precommit nil. Of weight Q for anything: wait for the rest, but not for ever. */
export const precommitNil: Guard = (instance, effects) => {
  if (instance.round < 0 || instance.step !== 'prevote') return false;
  const round = roundOf(instance, instance.round);
  if (round.prevotes.weight >= instance.committee.quorum) armOnce(instance, round, 'prevote', effects);
  if (nilGroup(instance, round.prevotes) === undefined) return false;
  precommitFor(instance, null, null, effects);
  return true;
};

function precommitFor(instance: Instance, valueId: Digest | null, lock: ValidValue | null, effects: Effect[]): void {
  instance.step = 'precommit';
  if (!maySign(instance)) return;
  const leaf: LeafOf<'PRECOMMIT'> = { type: 'PRECOMMIT', taskId: instance.taskId, round: instance.round, valueId };
  state(instance, leaf, null, { kind: 'precommitted', leaf, lock }, effects);
}

/** R23: a timer of another round or step does nothing. */
export function onRoundTimeout(
  instance: Instance,
  name: 'propose' | 'prevote' | 'precommit',
  round: number,
  effects: Effect[],
): void {
  if (round !== instance.round) return;
  if (name === 'propose' && instance.step === 'propose') prevoteFor(instance, null, effects);
  if (name === 'prevote' && instance.step === 'prevote') precommitFor(instance, null, null, effects); // R19
  if (name === 'precommit') {
    // R20
    enterRound(
      instance,
      round + 1,
      roundCertOf(instance, [...roundOf(instance, round).precommits.first.values()]),
      effects,
    );
  }
}

/** R21: the proof of how the round was reached is journaled before anything is said in it. */
function enterRound(instance: Instance, round: number, roundCert: RoundCert | null, effects: Effect[]): void {
  instance.round = round;
  instance.step = 'propose';
  instance.roundCert = roundCert;
  if (roundCert !== null) effects.push({ kind: 'record', record: { kind: 'round', roundCert } });
  armStep(instance, 'propose', effects);
}

/** Arms the timeout of a step of the current round. */
export function armStep(instance: Instance, name: Step, effects: Effect[]): void {
  const { roundBaseMs, roundCapMs } = instance.committee.rules.timers;
  const delayMs = Math.min(roundBaseMs * 2 ** Math.min(instance.round, 30), roundCapMs);
  effects.push({ kind: 'timer', timer: { name, round: instance.round }, delayMs });
}

function armOnce(instance: Instance, round: Round, name: 'prevote' | 'precommit', effects: Effect[]): void {
  if (round.armed.has(name)) return;
  round.armed.add(name);
  armStep(instance, name, effects);
}

function lockedId(instance: Instance): Digest {
  return instance.lock!.polka.votes[0]!.leaf.valueId!;
}

/** The polka of a round for a value, if votes of weight Q with the same bytes are held. */
function polkaFor(instance: Instance, round: number, valueId: Digest): VoteGroup<LeafOf<'PREVOTE'>> | undefined {
  const group = valueGroup(instance, roundOf(instance, round).prevotes);
  return group?.leaf.valueId === valueId ? group : undefined;
}

function valueGroup<L extends VoteLeaf>(instance: Instance, tally: VoteTally<L>): VoteGroup<L> | undefined {
  return quorumGroup(instance, tally, (valueId) => valueId !== null);
}

function nilGroup<L extends VoteLeaf>(instance: Instance, tally: VoteTally<L>): VoteGroup<L> | undefined {
  return quorumGroup(instance, tally, (valueId) => valueId === null);
}

function quorumGroup<L extends VoteLeaf>(
  instance: Instance,
  tally: VoteTally<L>,
  wanted: (valueId: Digest | null) => boolean,
): VoteGroup<L> | undefined {
  for (const group of tally.groups.values()) {
    if (group.weight >= instance.committee.quorum && wanted(group.leaf.valueId)) return group;
  }
  return undefined;
}

function polkaOf(instance: Instance, group: VoteGroup<LeafOf<'PREVOTE'>>): Polka {
  return { kind: 'POLKA', taskId: instance.taskId, votes: votesOf(group) };
}

function roundCertOf(instance: Instance, votes: SignedLeaf<VoteLeaf>[]): RoundCert {
  return { kind: 'ROUNDCERT', taskId: instance.taskId, votes };
}

function votesOf<L extends VoteLeaf>(group: VoteGroup<L>): SignedLeaf<L>[] {
  return [...group.votes.values()];
}
