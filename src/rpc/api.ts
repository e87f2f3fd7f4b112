import type { AnchorProof } from '../protocol/anchor.ts';
import type { ConsensusResult } from '../protocol/consensus-result.ts';
import type { DsseEnvelope } from '../protocol/dsse.ts';
import type { EpochChangeFile } from '../protocol/epoch-change.ts';
import type { GenesisFile } from '../protocol/genesis.ts';
import type { Digest } from '../protocol/hash.ts';
import type { OpenSkillTask, Recommendations } from '../protocol/recommendation.ts';
import type { Task } from '../protocol/task.ts';
import type { Outcome } from '../protocol/value.ts';
import type { NodeEvent } from './events.ts';
import type { TaskExplanation } from './explain-views.ts';
import type {
  EvidenceView,
  ForgottenTask,
  HealthReport,
  LocalVerdict,
  NodeStatus,
  OpenTaskPage,
  PeerView,
  Readiness,
  ResultPage,
  TaskView,
  ValidatorView,
  VerificationView,
  WorkerMetrics,
} from './views.ts';

export type {
  EscalationLinks,
  Participation,
  TaskExplanation,
  TimelineEntryView,
  ValidatorExplanation,
  ValidatorPresence,
} from './explain-views.ts';
/** Their schemas, from which `rpc.discover` publishes them, stand in views.ts. */
export type {
  ComponentHealth,
  EvidenceView,
  ForgottenTask,
  HealthReport,
  LocalVerdict,
  NodeStatus,
  OpenTaskPage,
  PeerView,
  Readiness,
  ResultPage,
  ResultSummary,
  TaskProgress,
  TaskView,
  ValidatorView,
  VerificationView,
  WorkerMetrics,
} from './views.ts';

/**
 * What the RPC needs of a node, and the shapes that it shows. All of them are plain JSON; times are ISO 8601 in UTC,
 * keys and digests lower-case hex. Text of tasks, models and peers in them is untrusted: show it inert.
 */
export interface NodeApi {
  status(): NodeStatus;
  genesis(): GenesisFile;
  /** From epoch 1. */
  epochs(): EpochChangeFile[];
  health(): Promise<HealthReport>;
  metrics(): WorkerMetrics;
  /** The Prometheus text format, version 0.0.4. */
  prometheusText(): Promise<string>;
  peers(): PeerView[];
  validators(): ValidatorView[];
  /**
   * Takes a task in and announces it. Resolves once it is durable; the same task has the same id, however often it is sent.
   * @throws ValidationError INVALID_TASK, DEADLINE_PASSED, TOO_MANY_TASKS, TASK_GIVEN_UP, OBSERVER, STOPPING
   */
  submitTask(task: Task): Promise<{ taskId: Digest }>;
  /** What this node knows of a task, or null if it does not know it. */
  getTask(taskId: Digest): Promise<TaskView | null>;
  /**
   * Drops a decided or given up task's body, reports and timeline at this node, and never fetches them again; its
   * certificate stays. Resolves once they have left the disk; null for a task that this node does not know.
   * @throws ValidationError TASK_OPEN, STORE_FAILED
   */
  forgetTask(taskId: Digest): Promise<ForgottenTask | null>;
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
  /** Null while the result is not anchored as deep as the operator asked for. @throws ValidationError STORE_FAILED */
  getAnchor(taskId: Digest): Promise<AnchorProof | null>;
  /**
   * The Open Badges 3.0 credential of an approved assessment; null if it is undecided or its task is gone.
   * @throws ValidationError NO_BADGE, MISSING_PACKAGE
   */
  issueBadge(taskId: Digest): Promise<Record<string, unknown> | null>;
  /** Ranks open tasks for a subject by its signed skill results, best first. */
  recommendTasks(subject: string, tasks: readonly OpenSkillTask[], limit: number): Promise<Recommendations>;
  /** Proofs that a validator signed two different things for one slot. */
  getEvidence(limit: number): Promise<EvidenceView[]>;
  /** What became of a task and why, or null if this node does not know it. */
  explain(taskId: Digest): Promise<TaskExplanation | null>;
  /** Undecided tasks, longest open first. */
  listTasks(query: OpenTaskQuery): OpenTaskPage;
  /** Checks a result against this node's own genesis; null if it is asked by an id that has no result here. */
  verifyResult(question: VerifyQuestion): Promise<VerificationView | null>;
  /**
   * Judges a task by a local model, beside the consensus: nothing of it is signed, kept or sent to peers.
   * @throws ValidationError TOO_MANY_REQUESTS, UNKNOWN_MODEL; the signal's reason if it is aborted
   */
  judge(task: Task, model: string | undefined, signal: AbortSignal): Promise<LocalVerdict>;
  /** Tells what happens from now on, as it becomes durable; returns the way to stop that. The listener must not throw. */
  subscribe(listener: (event: NodeEvent) => void): () => void;
  readiness(): Readiness;
}

/** A result as somebody got it, or the id of one that this node holds; with `task`, it must be about this task. */
export interface VerifyQuestion {
  /** Parsed JSON, untrusted. */
  result?: unknown;
  taskId?: Digest | undefined;
  task?: Task | undefined;
}

export interface OpenTaskQuery {
  /** Exclusive; from `next` of the page before. */
  cursor?: string | undefined;
  /** 1 to {@link RESULTS_PAGE_MAX}. */
  limit: number;
}

/** What is left out is not asked for. */
export interface ResultListQuery {
  /** Exclusive; from `next` of the page before. */
  cursor?: number | undefined;
  /** 1 to {@link RESULTS_PAGE_MAX}. */
  limit: number;
  order: 'newest' | 'oldest';
  outcome?: readonly Outcome[] | undefined;
  /** Bounds of `decidedAt`, ISO 8601; `since` belongs to the range, `until` does not. */
  since?: string | undefined;
  until?: string | undefined;
  /** Fields of the task; a result whose task is not held here does not match. */
  type?: Task['type'] | undefined;
  repository?: string | undefined;
  subject?: string | undefined;
  /** Position of a validator that gave another verdict than the network. */
  dissentBy?: number | undefined;
}

/** Results on one page; each is read and rendered from the store. */
export const RESULTS_PAGE_MAX = 100;
