import type { Bundle, Cert, Polka, RoundCert } from '../protocol/bundle.ts';
import type { Committee } from '../protocol/committee.ts';
import { type Digest, digestBytes, hash } from '../protocol/hash.ts';
import { encodeLeaf, type LeafBody, type LeafOf, type VoteLeaf } from '../protocol/leaf.ts';
import { leafDigest } from '../protocol/merkle.ts';
import type { Attachment, Authentic, SignedLeaf, Statement } from '../protocol/signed-leaf.ts';
import type { Opening } from '../protocol/validation-result.ts';
import type { Commitment, Value } from '../protocol/value.ts';
import { type Entries, LazyMap, LazySet, type Members } from './lazy.ts';

export type CollectionTimer = 'observe' | 'grace' | 'revealGrace' | 'final';

/** The timers that a core asks for; a round's timers carry the round, so that a stale one is known as such. */
export type TimerName =
  | { readonly name: CollectionTimer }
  | { readonly name: 'propose' | 'prevote' | 'precommit'; readonly round: number };

/** What happens to an instance. Everything signed was checked before. */
export type Input =
  | { readonly kind: 'start' }
  /** The own model's judgement, or an abstention in its place. */
  | { readonly kind: 'judged'; readonly opening: Opening }
  | { readonly kind: 'leaf'; readonly leaf: Authentic<SignedLeaf> }
  | { readonly kind: 'bundle'; readonly bundle: Authentic<Bundle> }
  | { readonly kind: 'timer'; readonly timer: TimerName }
  /** The task's own deadline passed. */
  | { readonly kind: 'deadline' };

/** What must be durable before the statements behind it leave the node (R27). */
export type JournalRecord =
  | { readonly kind: 'judged'; readonly opening: Opening }
  | { readonly kind: 'closed'; readonly set: readonly Commitment[] }
  /** R4: the leaves of others that led to a CLOSE before an own COMMIT. */
  | { readonly kind: 'grounds'; readonly leaves: readonly SignedLeaf[] }
  | { readonly kind: 'proposed'; readonly leaf: LeafOf<'PROPOSAL'>; readonly value: Value }
  | { readonly kind: 'prevoted'; readonly leaf: LeafOf<'PREVOTE'> }
  /** For a value: with the lock that it takes. */
  | { readonly kind: 'precommitted'; readonly leaf: LeafOf<'PRECOMMIT'>; readonly lock: ValidValue | null }
  | { readonly kind: 'valid'; readonly valid: ValidValue }
  | { readonly kind: 'round'; readonly roundCert: RoundCert };

/** What the engine is to do, in this order. */
export type Effect =
  | { readonly kind: 'record'; readonly record: JournalRecord }
  /** Sign and send; it re-enters as a leaf by the same door as others'. */
  | { readonly kind: 'state'; readonly own: OwnLeaf }
  | { readonly kind: 'bundle'; readonly bundle: Polka }
  | { readonly kind: 'timer'; readonly timer: TimerName; readonly delayMs: number }
  /** Something needed is missing: ask for it, see `wanted`. */
  | { readonly kind: 'want' }
  | { readonly kind: 'evidence'; readonly leaves: readonly [SignedLeaf, SignedLeaf] }
  /** A leaf of mine that I do not know: my journal is not the only one of this key (R29). */
  | { readonly kind: 'muted'; readonly leaf: SignedLeaf }
  | { readonly kind: 'decided'; readonly cert: Cert };

/** A leaf of mine, not signed yet; its bytes are fixed from here on. */
export interface OwnLeaf extends Statement {
  readonly bytes: Uint8Array;
  /** RFC 6962 leaf hash, hex. */
  readonly digest: Digest;
}

/** A value that a quorum prevoted, and the proof. */
export interface ValidValue {
  readonly round: number;
  readonly value: Value;
  readonly polka: Polka;
}

/** A proposed value and what is still needed to judge it. */
export interface HeldValue {
  readonly id: Digest;
  readonly value: Value;
  readonly coreBytes: Uint8Array;
  /** Witness keys of its CLOSEs and of its REVEALs, in their order. */
  readonly closeKeys: readonly string[];
  readonly revealKeys: readonly string[];
  /** Witnesses not here yet: key of signer and leaf digest. */
  readonly missing: Set<string>;
  /** R11; unknown while witnesses are missing. */
  hardValid: boolean | undefined;
}

/** Equal votes. */
export interface VoteGroup<L extends VoteLeaf = VoteLeaf> {
  readonly leaf: L;
  readonly votes: Map<number, SignedLeaf<L>>;
  weight: number;
}

/** All votes of one type in one round, grouped by their bytes. */
export interface VoteTally<L extends VoteLeaf = VoteLeaf> {
  readonly groups: Entries<Digest, VoteGroup<L>>;
  /** Every voter's first vote. */
  readonly first: Entries<number, SignedLeaf<L>>;
  weight: number;
}

export interface Round {
  /** Of the round's proposer, at most PROPOSALS_PER_ROUND_MAX. */
  readonly proposals: SignedLeaf<LeafOf<'PROPOSAL'>>[];
  readonly prevotes: VoteTally<LeafOf<'PREVOTE'>>;
  readonly precommits: VoteTally<LeafOf<'PRECOMMIT'>>;
  /** Weight of all who voted in this round, by either vote. */
  voters: Entries<number, SignedLeaf<VoteLeaf>>;
  voterWeight: number;
  armed: Members<'prevote' | 'precommit'>;
}

/** A kept REVEAL and the commitment that it opens. */
export interface HeldReveal {
  readonly leaf: SignedLeaf<LeafOf<'REVEAL'>>;
  readonly commitment: Digest;
}

export type Step = 'propose' | 'prevote' | 'precommit';

/** One instance: one task, from the first commitment to the decision. Changed only by `step`. */
export interface Instance {
  readonly committee: Committee;
  readonly taskId: Digest;
  /** Own position in the committee; null follows and never signs. */
  readonly self: number | null;
  /** R14: proposers in the order of H(taskId, index). */
  readonly proposers: readonly number[];
  /** True once a leaf of mine was met that I do not know: follow, and sign nothing (R29). */
  muted: boolean;
  /** Own leaves by slot: one each, ever. */
  readonly own: Entries<string, OwnLeaf>;
  opening: Opening | null;
  /** All leaves by `signer/slot`, at most VOTES_PER_SLOT_MAX different ones each: the second is evidence. */
  readonly seen: Entries<string, SignedLeaf[]>;

  readonly commits: Entries<number, SignedLeaf<LeafOf<'COMMIT'>>>;
  committedWeight: number;
  readonly closes: Entries<number, SignedLeaf<LeafOf<'CLOSE'>>>;
  closedWeight: number;
  /** Weight of the closers that list a commitment: by `index:commitment`. */
  readonly listedWeight: Entries<string, number>;
  /** Weight of the closers that list any commitment of a validator. */
  readonly namedWeight: Entries<number, number>;
  readonly reveals: Entries<number, HeldReveal[]>;
  /** CLOSE and REVEAL leaves held, by witness key. */
  readonly witnesses: Entries<string, SignedLeaf>;
  readonly fired: Members<CollectionTimer | 'deadline'>;
  readonly armed: Set<CollectionTimer>;

  /** -1 until round 0 starts. */
  round: number;
  step: Step;
  readonly rounds: Map<number, Round>;
  readonly values: Entries<Digest, HeldValue>;
  lock: ValidValue | null;
  valid: ValidValue | null;
  /** Proof of how the current round was reached; null in round 0. */
  roundCert: RoundCert | null;
  decided: Cert | null;
}

export function createInstance(committee: Committee, taskId: Digest, self: number | null): Instance {
  return {
    committee,
    taskId,
    self,
    proposers: proposerOrder(committee, taskId),
    muted: false,
    own: new LazyMap(),
    seen: new LazyMap(),
    opening: null,
    commits: new LazyMap(),
    committedWeight: 0,
    closes: new LazyMap(),
    closedWeight: 0,
    listedWeight: new LazyMap(),
    namedWeight: new LazyMap(),
    reveals: new LazyMap(),
    witnesses: new LazyMap(),
    fired: new LazySet(),
    armed: new Set(),
    round: -1,
    step: 'propose',
    rounds: new Map(),
    values: new LazyMap(),
    lock: null,
    valid: null,
    roundCert: null,
    decided: null,
  };
}

/** R14: the order differs from task to task, so that no validator proposes first everywhere. */
function proposerOrder(committee: Committee, taskId: Digest): number[] {
  const rank = committee.validators.map((_, index) => hash('pheme/proposer/1', digestBytes(taskId), index));
  return rank.map((_, index) => index).sort((a, b) => (rank[a]! < rank[b]! ? -1 : 1));
}

export function proposerOf(instance: Instance, round: number): number {
  return instance.proposers[round % instance.proposers.length]!;
}

/** Names a CLOSE or REVEAL leaf that a value may rest on. */
export function witnessKey(signer: number, leafDigest: Digest): string {
  return `${signer}/${leafDigest}`;
}

export function weightOfValidator(instance: Instance, index: number): number {
  return instance.committee.validators[index]!.weight;
}

/** Makes a statement of mine in its final bytes. */
export function ownLeaf(instance: Instance, body: LeafBody, attachment: Attachment): OwnLeaf {
  const leaf = { taskId: instance.taskId, ...body };
  const bytes = encodeLeaf(leaf);
  return { leaf, attachment, bytes, digest: leafDigest(bytes) } as OwnLeaf;
}

export function maySign(instance: Instance): boolean {
  return instance.self !== null && !instance.muted;
}

export function roundOf(instance: Instance, number: number): Round {
  let round = instance.rounds.get(number);
  if (round === undefined) {
    round = {
      proposals: [],
      prevotes: emptyTally(),
      precommits: emptyTally(),
      voters: new LazyMap(),
      voterWeight: 0,
      armed: new LazySet(),
    };
    instance.rounds.set(number, round);
  }
  return round;
}

function emptyTally<L extends VoteLeaf>(): VoteTally<L> {
  return { groups: new LazyMap(), first: new LazyMap(), weight: 0 };
}
