import type { ReasonCode, TimelineEvent } from '../protocol/explanation.ts';
import type { FetchAnswer, FetchRequest, FetchResponse } from '../protocol/fetch.ts';
import type { Digest } from '../protocol/hash.ts';
import type { Judgement } from '../protocol/judgement.ts';
import type { Task } from '../protocol/task.ts';

/**
 * Every port of the engine, on one page. What implements them lives in network/, store/ and models/,
 * and in the simulator; one contract suite a port holds all of them to the same behaviour.
 */

/** A peer's Ed25519 public key, hex; a validator's is in the genesis, an observer's is not. */
export type PeerKey = string;

/** All that the engine knows of AI. */
export interface Judge {
  /**
   * Judges a task by the node's own model. A failure of the model is an abstention with its reason, not an error.
   * Rejects only when `signal` is aborted. A judgement that takes longer than `budgetMs` comes too late.
   */
  judge(task: Task, signal: AbortSignal, budgetMs?: number): Promise<Judgement>;
}

export interface Clock {
  /** Milliseconds since 1970; feeds timers and pruning, never validity. */
  nowMs(): number;
  /** Runs `action` once after `delayMs`; the returned function cancels it. */
  setTimer(delayMs: number, action: () => void): () => void;
}

export interface Random {
  /** Unpredictable bytes: salts depend on it. */
  bytes(length: number): Uint8Array;
  /** A number in [0, 1), for jitter. */
  fraction(): number;
}

/** What to do with a gossip message, and with the peer that sent it. */
export type Verdict = 'accept' | 'ignore' | 'reject';

export interface Network {
  /** Hands a frame to gossip. Best effort: it may reach nobody. Never throws. */
  broadcast(frame: Uint8Array): void;
  /** Hands a frame to one connected peer. Best effort. Never throws. */
  send(peer: PeerKey, frame: Uint8Array): void;
  /**
   * Asks one peer.
   * @throws ValidationError `UNREACHABLE` or `TIMEOUT`, ProtocolError if the answer cannot be read
   */
  request(peer: PeerKey, request: FetchRequest): Promise<FetchResponse>;
  /** The peers that are connected now. */
  peers(): readonly ConnectedPeer[];
  /** Holds against a peer what it did; enough of it, and the peer is kept out for a while. Never throws. */
  report(peer: PeerKey, offence: Offence): void;
}

/** What a peer can do wrong, as operators see it; the list is closed. */
export const OFFENCES = [
  /** A frame that cannot be read. */
  'malformed-frame',
  /** Something in a frame, or in an answer, is not signed as it says. */
  'bad-signature',
  /** An announced task that is none. */
  'junk-task',
  /** A frame longer than any may be. */
  'oversize-frame',
  /** An answer that was checked and found false: a certificate that does not hold, the body of another task. */
  'lying-answer',
  /** A request that cannot be read. */
  'malformed-request',
  /** An answer that cannot be read, or is of another kind. */
  'malformed-response',
  /** A stream that ended within its request. */
  'unfinished-request',
  /** More frames, or more bytes, than the peer's budget. */
  'flood',
  /** Statements signed about a task whose body nobody has. */
  'unknown-task',
  /** Two different statements signed for one slot. */
  'equivocation',
] as const;

export type Offence = (typeof OFFENCES)[number];

export interface ConnectedPeer {
  key: PeerKey;
  /** Position in the committee, or null for an observer. */
  validatorIndex: number | null;
  address: string;
  connectedAtMs: number;
  /** Round-trip time of the last ping, or null before the first. */
  latencyMs: number | null;
  /** What the peer says it runs, e.g. `pheme/0.1.0`; untrusted text. */
  agent: string | null;
}

/** What the network hands to the node. */
export interface NetworkHandlers {
  /** A frame arrived, by gossip or directly; `from` is the peer that passed it on, not its author. Must not throw. */
  onFrame(frame: Uint8Array, from: PeerKey): Verdict;
  /** Answers a request. May throw: the peer then gets no answer. */
  onRequest(request: FetchRequest, from: PeerKey): Promise<FetchAnswer>;
  /** A peer was connected or lost. Must not throw. */
  onPeer(peer: PeerKey, connected: boolean): void;
}

/** Everything that one tick makes durable, written atomically and synced before its promise resolves. */
export interface StoreWrite {
  tasks?: readonly StoredTask[];
  /** One journal entry: the records of this tick, in order. */
  journal?: JournalEntry;
  reports?: readonly { digest: Digest; reportBytes: Uint8Array }[];
  results?: readonly { taskId: Digest; certBytes: Uint8Array }[];
  evidence?: readonly StoredEvidence[];
  /** Journal entries that hold nothing of an undecided task any more. */
  dropJournal?: readonly number[];
}

/** Entries are numbered in the order of their ticks; the bytes are the engine's own. */
export interface JournalEntry {
  tick: number;
  bytes: Uint8Array;
}

export interface StoredTask {
  taskId: Digest;
  taskBytes: Uint8Array;
  firstSeenMs: number;
}

/** Two different signed leaves of one validator for one slot, as bytes that anybody can check. */
export interface StoredEvidence {
  taskId: Digest;
  validatorIndex: number;
  /** E.g. `PREVOTE/2`. */
  slot: string;
  evidenceBytes: Uint8Array;
}

/** A decided task as it is kept: the certificate's bytes, and its place in the order of decisions here. */
export interface StoredResult {
  taskId: Digest;
  certBytes: Uint8Array;
  /** From 1, ascending; the cursor of lists and of catch-up. */
  sequence: number;
  storedAtMs: number;
}

/** Which results a list holds, newest first unless `order` says otherwise. */
export interface ResultQuery {
  /** Exclusive: the sequence after (oldest first) or before (newest first) which to go on. */
  cursor?: number;
  limit: number;
  order: 'oldest' | 'newest';
}

/**
 * What a node keeps. Values check themselves: a damaged one is reported by `onDamage` and read as absent,
 * so that it is fetched again from peers and never served.
 */
export interface Store {
  /** Random, drawn when the database was made. */
  readonly storeId: string;
  /** Writes all or nothing, synced. One write at a time: the caller awaits the last before it starts the next. */
  write(write: StoreWrite): Promise<void>;
  /** All journal entries by ascending tick; damaged ones are left out and reported. */
  journal(): Promise<JournalEntry[]>;
  task(taskId: Digest): Promise<StoredTask | undefined>;
  report(digest: Digest): Promise<Uint8Array | undefined>;
  result(taskId: Digest): Promise<StoredResult | undefined>;
  /** True for a damaged result too: the task is decided, though the proof must be fetched again. */
  hasResult(taskId: Digest): Promise<boolean>;
  /** Damaged entries are left out. */
  results(query: ResultQuery): Promise<StoredResult[]>;
  /** Ids of results after a cursor, oldest first; cheaper than the results themselves. */
  resultIds(cursor: number, limit: number): Promise<{ sequence: number; taskId: Digest }[]>;
  resultCount(): number;
  evidence(limit: number): Promise<StoredEvidence[]>;
  /** What was dropped of a task on purpose, never to be fetched again; undefined if nothing was. */
  pruned(taskId: Digest): Promise<PrunedTask | undefined>;
  /** Number of damaged values met since the start. */
  damagedCount(): number;
  close(): Promise<void>;
}

/** When parts of a task were dropped on purpose, in milliseconds since 1970; null for what is kept. */
export interface PrunedTask {
  bodyAtMs: number | null;
  reportsAtMs: number | null;
}

/** What is to be dropped of a task. Its certificate always stays. */
export interface Prune {
  taskId: Digest;
  body: boolean;
  /** Digests of the reports to delete; undefined keeps the task's reports. */
  reports?: readonly Digest[];
  timeline: boolean;
}

/** Deletes what need not be kept, beside the agreement. */
export interface PruneStore {
  /** All or nothing, synced; waits for a running write and makes the next one wait. */
  prune(prunes: readonly Prune[], nowMs: number): Promise<void>;
  /** Gives the space of deleted bodies, reports and timelines back to the disk; what was deleted cannot be read from it any more. */
  compact(): Promise<void>;
}

/** Small texts by name, beside the agreement: how far an adapter has come. Durable before `set` resolves. */
export interface Notes {
  /** Undefined if there is none, or if it was damaged. */
  get(name: string): Promise<string | undefined>;
  set(name: string, text: string): Promise<void>;
}

/** What a node keeps beside the agreement and may lose: nothing waits for the disk. */
export interface SideStore {
  /** What was seen of a task; undefined if there is none, or if it was damaged. */
  timeline(taskId: Digest): Promise<Uint8Array | undefined>;
  /** @param kept certificates take the place of those of results held here; for other tasks they are left out */
  keep(kept: {
    timelines?: readonly { taskId: Digest; bytes: Uint8Array }[];
    certificates?: readonly { taskId: Digest; certBytes: Uint8Array }[];
  }): Promise<void>;
}

/** One thing that happened to a task, as this node saw it. */
export interface TimelineEntry {
  event: TimelineEvent;
  /** Milliseconds since 1970. */
  atMs: number;
  /** Whose it is; left out where it is the network's. */
  validatorIndex?: number;
  /** Round of the vote, from 0. */
  round?: number;
  reason?: ReasonCode;
  /** A word more for people, e.g. how a task came; never of a judgement. */
  note?: string;
}

export type LogFields = Record<string, unknown>;

/** Outcomes, not steps; no bytes of a peer at info. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}
