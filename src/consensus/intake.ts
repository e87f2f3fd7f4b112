import type { Bundle } from '../protocol/bundle.ts';
import { type LeafOf, leafSlot, type VoteLeaf } from '../protocol/leaf.ts';
import { PROPOSALS_PER_ROUND_MAX, ROUNDS_AHEAD_MAX, VOTES_PER_SLOT_MAX } from '../protocol/limits.ts';
import { type Authentic, isLeaf, type SignedLeaf } from '../protocol/signed-leaf.ts';
import { commitmentOf } from '../protocol/validation-result.ts';
import {
  type Effect,
  type Instance,
  ownLeaf,
  proposerOf,
  roundOf,
  type VoteTally,
  weightOfValidator,
  witnessKey,
} from './state.ts';
import { holdValue } from './valuation.ts';

/** Takes in one checked leaf: into its tally, and beside what the same validator said before. */
export function acceptLeaf(instance: Instance, leaf: Authentic<SignedLeaf>, effects: Effect[]): void {
  if (leaf.leaf.taskId !== instance.taskId)
    throw new Error(`leaf of task ${leaf.leaf.taskId} in instance ${instance.taskId}`);
  watchOwnKey(instance, leaf, effects);
  if ('round' in leaf.leaf && leaf.leaf.round > instance.round + ROUNDS_AHEAD_MAX) return; // R26
  if (isLeaf(leaf, 'PROPOSAL') && leaf.signer !== proposerOf(instance, leaf.leaf.round)) return; // R14
  const fresh = noteLeaf(instance, leaf, effects);
  if (isLeaf(leaf, 'CLOSE') || isLeaf(leaf, 'REVEAL')) noteWitness(instance, leaf, fresh);
  if (!fresh) return;
  if (isLeaf(leaf, 'COMMIT')) acceptCommit(instance, leaf);
  else if (isLeaf(leaf, 'CLOSE')) acceptClose(instance, leaf);
  else if (isLeaf(leaf, 'REVEAL')) acceptReveal(instance, leaf);
  else if (isLeaf(leaf, 'PROPOSAL')) acceptProposal(instance, leaf);
  else if (isLeaf(leaf, 'PREVOTE') || isLeaf(leaf, 'PRECOMMIT')) countVote(instance, leaf);
}

/** R29: a leaf under my key that my journal does not know means that the key signs elsewhere, or the journal is old. */
function watchOwnKey(instance: Instance, leaf: SignedLeaf, effects: Effect[]): void {
  if (leaf.signer !== instance.self || instance.muted) return;
  if (ownLeafFor(instance, leaf)?.digest === leaf.digest) return;
  instance.muted = true;
  effects.push({ kind: 'muted', leaf });
}

/** The leaf that I stated for this slot; after a restart a REVEAL follows from its record. */
function ownLeafFor(instance: Instance, { leaf }: SignedLeaf) {
  const { own, opening } = instance;
  const stated = own.get(leafSlot(leaf));
  if (stated !== undefined || leaf.type !== 'REVEAL' || opening === null) return stated;
  return ownLeaf(instance, { type: 'REVEAL', opening }, null);
}

/** R25: keeps up to two different leaves a slot; the second gives evidence. False for what is not new or too much. */
function noteLeaf(instance: Instance, leaf: SignedLeaf, effects: Effect[]): boolean {
  const key = `${leaf.signer}/${leafSlot(leaf.leaf)}`;
  const seen = instance.seen.get(key);
  if (seen === undefined) {
    instance.seen.set(key, [leaf]);
    return true;
  }
  if (seen.length >= VOTES_PER_SLOT_MAX || seen.some((other) => other.digest === leaf.digest)) return false;
  seen.push(leaf);
  effects.push({ kind: 'evidence', leaves: [seen[0]!, leaf] });
  return true;
}

/** Keeps what values may rest on; beyond the cap of two only what a held value names. */
function noteWitness(instance: Instance, leaf: SignedLeaf, fresh: boolean): void {
  const key = witnessKey(leaf.signer, leaf.digest);
  let wanted = false;
  for (const held of instance.values.values()) wanted = held.missing.delete(key) || wanted;
  if (fresh || wanted) instance.witnesses.set(key, leaf);
}

function acceptCommit(instance: Instance, leaf: SignedLeaf<LeafOf<'COMMIT'>>): void {
  if (instance.commits.has(leaf.signer)) return; // the first commitment is the one that my CLOSE lists
  instance.commits.set(leaf.signer, leaf);
  instance.committedWeight += weightOfValidator(instance, leaf.signer);
}

function acceptClose(instance: Instance, leaf: SignedLeaf<LeafOf<'CLOSE'>>): void {
  if (instance.closes.has(leaf.signer)) return; // R6: a closer counts once
  instance.closes.set(leaf.signer, leaf);
  const weight = weightOfValidator(instance, leaf.signer);
  instance.closedWeight += weight;
  for (const { index, commitment } of leaf.attachment) {
    const listed = `${index}:${commitment}`;
    instance.listedWeight.set(listed, (instance.listedWeight.get(listed) ?? 0) + weight);
    instance.namedWeight.set(index, (instance.namedWeight.get(index) ?? 0) + weight);
  }
}

function acceptReveal(instance: Instance, leaf: SignedLeaf<LeafOf<'REVEAL'>>): void {
  const { publicKey } = instance.committee.validators[leaf.signer]!;
  const commitment = commitmentOf(instance.taskId, publicKey, leaf.leaf.opening);
  const held = instance.reveals.get(leaf.signer) ?? [];
  instance.reveals.set(leaf.signer, [...held, { leaf, commitment }]);
}

function acceptProposal(instance: Instance, leaf: SignedLeaf<LeafOf<'PROPOSAL'>>): void {
  const { proposals } = roundOf(instance, leaf.leaf.round);
  if (proposals.length >= PROPOSALS_PER_ROUND_MAX) return;
  proposals.push(leaf);
  holdValue(instance, leaf.attachment);
}

/** R25: takes in votes that prove something together, whatever their voters said before and however far ahead they are. */
export function acceptBundle(instance: Instance, bundle: Authentic<Bundle>, effects: Effect[]): void {
  if (bundle.taskId !== instance.taskId)
    throw new Error(`bundle of task ${bundle.taskId} in instance ${instance.taskId}`);
  for (const vote of bundle.votes) {
    watchOwnKey(instance, vote, effects);
    noteLeaf(instance, vote, effects);
    countVote(instance, vote); // also what is beyond the cap of a slot
  }
}

function countVote(instance: Instance, vote: SignedLeaf<VoteLeaf>): void {
  const round = roundOf(instance, vote.leaf.round);
  const tally = vote.leaf.type === 'PREVOTE' ? round.prevotes : round.precommits;
  addVote(instance, tally as VoteTally, vote);
  if (round.voters.has(vote.signer)) return;
  round.voters.set(vote.signer, vote);
  round.voterWeight += weightOfValidator(instance, vote.signer);
}

/** R25: an equivocator counts once for each value. */
function addVote(instance: Instance, tally: VoteTally, vote: SignedLeaf<VoteLeaf>): void {
  const weight = weightOfValidator(instance, vote.signer);
  let group = tally.groups.get(vote.digest);
  if (group === undefined) {
    group = { leaf: vote.leaf, votes: new Map(), weight: 0 };
    tally.groups.set(vote.digest, group);
  }
  if (group.votes.has(vote.signer)) return;
  group.votes.set(vote.signer, vote);
  group.weight += weight;
  if (tally.first.has(vote.signer)) return;
  tally.first.set(vote.signer, vote);
  tally.weight += weight;
}
