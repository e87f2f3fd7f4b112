import type { ConsensusResult } from '../protocol/consensus-result.ts';
import type { DsseEnvelope } from '../protocol/dsse.ts';
import type { NetworkKind } from '../protocol/genesis.ts';
import type { Digest } from '../protocol/hash.ts';
import type { Task } from '../protocol/task.ts';
import type { Outcome, Reason } from '../protocol/value.ts';

/**
 * What the RPC needs of a node, and the shapes that it shows. All of them are plain JSON; times are ISO 8601 in UTC,
 * keys and digests lower-case hex. Text of tasks, models and peers in them is untrusted: show it inert.
 */
export interface NodeApi {
  status(): NodeStatus;
  health(): Promise<HealthReport>;
  metrics(): WorkerMetrics;
  /** The Prometheus text format, version 0.0.4. */
  prometheusText(): Promise<string>;
  peers(): PeerView[];
  validators(): ValidatorView[];
  /**
   * Takes a task in and announces it. Resolves once it is durable; the same task has the same id, however often it is sent.
   * @throws ValidationError INVALID_TASK, DEADLINE_PASSED, TOO_MANY_TASKS, OBSERVER, STOPPING
   */
  submitTask(task: Task): Promise<{ taskId: Digest }>;
  /** What this node knows of a task, or null if it does not know it. */
  getTask(taskId: Digest): Promise<TaskView | null>;
  getResult(taskId: Digest): Promise<ConsensusResult | null>;
  /**
   * Resolves with the result as soon as there is one; also for a task that this node does not know yet.
   * @throws ValidationError at the timeout: UNAVAILABLE if less than a quorum is connected then, else TIMEOUT;
   * the signal's reason if it is aborted
   */
  waitForResult(taskId: Digest, timeoutMs: number, signal: AbortSignal): Promise<ConsensusResult>;
  listResults(query: ResultListQuery): Promise<ResultPage>;
  /** A DSSE envelope; asks the connected validators for their signatures. Null if it is undecided or its task is gone. */
  getAttestation(taskId: Digest): Promise<DsseEnvelope | null>;
  /** Proofs that a validator signed two different things for one slot. */
  getEvidence(limit: number): Promise<EvidenceView[]>;
  readiness(): Readiness;
}

/** Whether the node can take part now. */
export interface Readiness {
  ready: boolean;
  /** Why not, in words for the operator; empty if ready. */
  reasons: string[];
}

export interface NodeStatus extends Readiness {
  /** Of the package, e.g. `0.1.0`. */
  version: string;
  networkName: string;
  kind: NetworkKind;
  networkId: Digest;
  configDigest: Digest;
  epoch: number;
  /** The node's own key. */
  publicKey: string;
  peerId: string;
  role: 'validator' | 'observer';
  /** Position in the genesis, or null for an observer. */
  validatorIndex: number | null;
  startedAt: string;
  uptimeSeconds: number;
  /** Multiaddrs that it listens on. */
  listen: string[];
  /** Connected peers, observers included. */
  peers: number;
  /** Weight of the connected validators, the node's own included. */
  connectedWeight: number;
  /** Weight that decides. */
  quorum: number;
  totalWeight: number;
  /** Undecided tasks that it takes part in. */
  openTasks: number;
  /** Decided tasks that it holds. */
  results: number;
  /** Stored values found damaged since the start; they are fetched again, never served. */
  damagedValues: number;
  /** Name of the preferred model. */
  defaultModel: string;
}

export interface ComponentHealth {
  healthy: boolean;
  /** Why not, or what is worth knowing; in words for the operator. */
  reasons: string[];
}

/** The HealthMonitor's answer. */
export interface HealthReport {
  healthy: boolean;
  /** Judgements waiting for a worker. */
  queue: ComponentHealth;
  models: ComponentHealth;
  /** Enough validators connected for a decision. */
  validators: ComponentHealth;
  /** The node's own store. */
  database: ComponentHealth;
}

/** Counts since the start; times in milliseconds. */
export interface WorkerMetrics {
  jobsProcessed: number;
  validationSuccess: number;
  validationFailure: number;
  averageProcessingTime: number;
  /** Mean latency by model name. */
  modelLatency: Record<string, number>;
  /** By validator's public key: connected now. */
  validatorHealth: Record<string, boolean>;
}

export interface PeerView {
  publicKey: string;
  /** Position in the genesis, or null for an observer. */
  validatorIndex: number | null;
  address: string;
  connectedAt: string;
  /** Round-trip time, or null before the first ping. */
  latencyMs: number | null;
  /** What the peer says it runs; untrusted. */
  agent: string | null;
}

export interface ValidatorView {
  index: number;
  publicKey: string;
  weight: number;
  /** True for the answering node. */
  self: boolean;
  connected: boolean;
}

/** Indexes of validators whose statements are held. Nothing of a judgement shows here before its reveal. */
export interface TaskProgress {
  phase: 'collecting' | 'revealing' | 'voting';
  committed: number[];
  closed: number[];
  revealed: number[];
  /** Round of the vote from 0, or null before it. */
  round: number | null;
}

export interface TaskView {
  taskId: Digest;
  state: 'open' | 'decided';
  /** Null where the body is not held. */
  task: Task | null;
  firstSeenAt: string | null;
  /** While it is open. */
  progress?: TaskProgress;
}

export interface ResultListQuery {
  /** Exclusive; from `next` of the page before. */
  cursor?: number | undefined;
  /** 1 to {@link RESULTS_PAGE_MAX}. */
  limit: number;
  order: 'newest' | 'oldest';
  outcome?: Outcome | undefined;
}

/** Results on one page; each is read and rendered from the store. */
export const RESULTS_PAGE_MAX = 100;

export interface ResultSummary {
  /** Place in the order of decisions at this node, from 1. */
  sequence: number;
  taskId: Digest;
  outcome: Outcome;
  reason?: Reason;
  approved: boolean;
  confidence: number;
  score?: number;
  decidedAt: string;
  /** When this node stored it. */
  storedAt: string;
}

export interface ResultPage {
  /** May be fewer than the limit, even none, where a filter left others out. */
  results: ResultSummary[];
  /** Cursor of the next page, or null at the end. */
  next: number | null;
}

export interface EvidenceView {
  taskId: Digest;
  validatorIndex: number;
  validator: string;
  /** E.g. `PREVOTE/2`. */
  slot: string;
  /** The two signed statements, hex. */
  evidence: string;
}
