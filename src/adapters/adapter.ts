import type { Clock, Logger, Notes, StoredEvidence } from '../engine/ports.ts';
import type { ConsensusResult } from '../protocol/consensus-result.ts';
import type { KeyPurpose } from '../protocol/derived-key.ts';
import type { Signer } from '../protocol/ed25519.ts';
import type { TaskPhase } from '../protocol/explanation.ts';
import type { Genesis } from '../protocol/genesis.ts';
import type { Digest } from '../protocol/hash.ts';
import type { Task } from '../protocol/task.ts';

/**
 * What connects a node with the systems that people have: a queue, a database, a chain, somebody's web server. An
 * adapter is off unless configured, and works through this port alone, so that none can be in the way of consensus.
 */
export interface Adapter {
  readonly name: string;
  /** Why it cannot do its work now, in words for the operator; none if it can. */
  faults(): string[];
  /** What the operator should know though it does its work, e.g. what others sent in vain; left out where there is no such thing. */
  notes?(): string[];
  /** Jobs of its queue, counted a moment ago; null while the server does not answer. */
  jobs?(): JobCounts | null;
  /** Ends what runs, awaited; what is not delivered yet is delivered after the next start. */
  stop(): Promise<void>;
}

/** How a job of a queue stands. */
export const JOB_STATES = ['waiting', 'active', 'delayed', 'failed', 'completed'] as const;
export type JobCounts = Readonly<Record<(typeof JOB_STATES)[number], number>>;

/** A decided task's place in the order of decisions at this node. */
export interface DecidedTask {
  /** From 1, ascending. */
  sequence: number;
  taskId: Digest;
}

/** What an adapter may ask of its node. */
export interface AdapterHost {
  readonly genesis: Genesis;
  readonly networkId: Digest;
  readonly configDigest: Digest;
  /** The node's own key, hex. */
  readonly publicKey: string;
  /** @throws ValidationError INVALID_TASK, DEADLINE_PASSED, TOO_MANY_TASKS, OBSERVER, STOPPING */
  submit(task: Task): Promise<Digest>;
  /** @throws ValidationError UNAVAILABLE or TIMEOUT; the signal's reason if it is aborted */
  waitForResult(taskId: Digest, timeoutMs: number, signal: AbortSignal): Promise<ConsensusResult>;
  /** With the reports that are held here; null if it is not decided. */
  getResult(taskId: Digest): Promise<ConsensusResult | null>;
  /** Null where the body is not held. */
  getTask(taskId: Digest): Promise<Task | null>;
  /** Decided tasks after a place in the order, oldest first; one whose result is damaged too, until it is fetched again. */
  decidedAfter(sequence: number, limit: number): Promise<DecidedTask[]>;
  /** Place of the newest decision; 0 before the first. */
  lastDecided(): Promise<number>;
  /** Proofs against validators, always in the same order. */
  evidence(limit: number): Promise<StoredEvidence[]>;
  /** A key of the node for this purpose alone. */
  derivedSigner(purpose: KeyPurpose): Signer;
  /** Called once a decision is durable; returns the way to stop that. */
  onDecided(listener: (taskId: Digest) => void): () => void;
  /** Called with the phase of an undecided task whenever something happens to it; returns the way to stop that. */
  onPhase(listener: (taskId: Digest, phase: TaskPhase) => void): () => void;
  readonly notes: Notes;
  readonly clock: Clock;
  readonly logger: Logger;
}
