import { z } from 'zod';
import { OFFENCES } from '../engine/ports.ts';
import { TASK_PHASES } from '../protocol/explanation.ts';
import { CATEGORIES, SEVERITIES } from '../protocol/judgement.ts';
import { taskSchema } from '../protocol/task.ts';
import { OUTCOMES, REASONS } from '../protocol/value.ts';
import { escalationLinks, validatorPresence } from './explain-views.ts';

/**
 * The shapes that the RPC shows: checked in the contract tests, published by `rpc.discover`, and the types of api.ts.
 * Times are ISO 8601 in UTC, keys and digests lower-case hex, counts whole numbers from 0.
 */

const count = z.int().min(0);
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const time = z.iso.datetime();
const index = count;
const reasons = z.array(z.string());

/** Whether the node can take part now. */
export const readiness = z.strictObject({
  ready: z.boolean(),
  /** Why not, or what is worth knowing, in words for the operator: those of the health report. */
  reasons,
});
export type Readiness = z.infer<typeof readiness>;

export const nodeStatus = z.strictObject({
  ...readiness.shape,
  /** Of the package, e.g. `0.1.0`. */
  version: z.string(),
  networkName: z.string(),
  kind: z.enum(['devnet', 'testnet', 'mainnet']),
  networkId: digest,
  configDigest: digest,
  epoch: count,
  /** The node's own key. */
  publicKey: digest,
  peerId: z.string(),
  role: z.enum(['validator', 'observer']),
  /** Position in the genesis, or null for an observer. */
  validatorIndex: index.nullable(),
  startedAt: time,
  uptimeSeconds: count,
  /** Multiaddrs that it listens on. */
  listen: z.array(z.string()),
  /** Connected peers, observers included. */
  peers: count,
  /** Weight of the connected validators, the node's own included. */
  connectedWeight: count,
  /** Weight that decides. */
  quorum: count,
  totalWeight: count,
  /** Undecided tasks that it takes part in. */
  openTasks: count,
  /** Decided tasks that it holds. */
  results: count,
  /** Stored values found damaged since the start; they are fetched again, never served. */
  damagedValues: count,
  /** Name of the preferred model. */
  defaultModel: z.string(),
  /** Verifies the signatures of this node's webhooks, `v1a`: `whpk_` and the Ed25519 public key in Base64. */
  webhookKey: z.string().regex(/^whpk_[A-Za-z0-9+/]{43}=$/),
});
export type NodeStatus = z.infer<typeof nodeStatus>;

export const componentHealth = z.strictObject({
  healthy: z.boolean(),
  /** Why not, or what is worth knowing; in words for the operator. */
  reasons,
});
export type ComponentHealth = z.infer<typeof componentHealth>;

/** The HealthMonitor's answer. */
export const healthReport = z.strictObject({
  healthy: z.boolean(),
  /** Judgements waiting for a worker. */
  queue: componentHealth,
  models: componentHealth,
  /** Enough validators connected for a decision. */
  validators: componentHealth,
  /** The node's own store. */
  database: componentHealth,
});
export type HealthReport = z.infer<typeof healthReport>;

/** Counts since the start; times in milliseconds. */
export const workerMetrics = z.strictObject({
  jobsProcessed: count,
  validationSuccess: count,
  validationFailure: count,
  averageProcessingTime: z.number().min(0),
  /** Mean latency by model name. */
  modelLatency: z.record(z.string(), z.number().min(0)),
  /** By validator's public key: connected now. */
  validatorHealth: z.record(z.string(), z.boolean()),
});
export type WorkerMetrics = z.infer<typeof workerMetrics>;

export const peerView = z.strictObject({
  publicKey: digest,
  /** Position in the genesis, or null for an observer. */
  validatorIndex: index.nullable(),
  address: z.string(),
  connectedAt: time,
  /** Round-trip time, or null before the first ping. */
  latencyMs: z.number().min(0).nullable(),
  /** What the peer says it runs; untrusted. */
  agent: z.string().nullable(),
  /** False for a peer that is kept out for now: address, connectedAt are of no connection. */
  connected: z.boolean(),
  /** Zero or less: what is held against it; it fades by half in a minute. At -1000 it is kept out. */
  score: z.number().max(0),
  lastOffence: z.enum(OFFENCES).nullable(),
  lastOffenceAt: time.nullable(),
  /** Until then it is kept out, or null. */
  bannedUntil: time.nullable(),
});
export type PeerView = z.infer<typeof peerView>;

export const validatorView = z.strictObject({
  index,
  publicKey: digest,
  weight: count,
  /** True for the answering node. */
  self: z.boolean(),
  connected: z.boolean(),
  ...validatorPresence.shape,
});
export type ValidatorView = z.infer<typeof validatorView>;

const phase = z.enum(TASK_PHASES);

/** Indexes of validators whose statements are held. Nothing of a judgement shows here before its reveal. */
export const taskProgress = z.strictObject({
  phase,
  committed: z.array(index),
  closed: z.array(index),
  revealed: z.array(index),
  /** Round of the vote from 0, or null before it. */
  round: count.nullable(),
});
export type TaskProgress = z.infer<typeof taskProgress>;

export const taskView = z.strictObject({
  taskId: digest,
  state: z.enum(['open', 'decided']),
  /** Null where the body is not held. */
  task: taskSchema.nullable(),
  firstSeenAt: time.nullable(),
  /** When this node dropped the body, by its retention or because it was told to forget it. */
  prunedAt: time.exactOptional(),
  /** The same of its reports. */
  reportsPrunedAt: time.exactOptional(),
  /** While it is open. */
  progress: taskProgress.exactOptional(),
  ...escalationLinks.shape,
});
export type TaskView = z.infer<typeof taskView>;

/** What is left of a task that was forgotten: its certificate, if it was decided, and this. */
export const forgottenTask = z.strictObject({
  taskId: digest,
  prunedAt: time,
});
export type ForgottenTask = z.infer<typeof forgottenTask>;

const taskType = z.enum(['CODE_REVIEW', 'SKILL_ASSESSMENT']);

/** An undecided task. */
const openTaskSummary = z.strictObject({
  taskId: digest,
  type: taskType,
  phase,
  /** Round of the vote from 0, or null before it. */
  round: count.nullable(),
  firstSeenAt: time,
});

export const openTaskPage = z.strictObject({
  /** Longest open first. */
  tasks: z.array(openTaskSummary),
  /** Cursor of the next page, or null at the end. */
  next: z.string().nullable(),
  /** Open tasks in all. */
  total: count,
});
export type OpenTaskPage = z.infer<typeof openTaskPage>;

export const resultSummary = z.strictObject({
  /** Place in the order of decisions at this node, from 1. */
  sequence: z.int().min(1),
  taskId: digest,
  outcome: z.enum(OUTCOMES),
  reason: z.enum(REASONS).exactOptional(),
  approved: z.boolean(),
  confidence: z.number().min(0).max(1),
  score: z.number().min(0).max(1).exactOptional(),
  decidedAt: time,
  /** When this node stored it. */
  storedAt: time,
});
export type ResultSummary = z.infer<typeof resultSummary>;

export const resultPage = z.strictObject({
  /** May be fewer than the limit, even none, where a filter left others out. */
  results: z.array(resultSummary),
  /** Cursor of the next page, or null at the end. */
  next: z.int().min(1).nullable(),
});
export type ResultPage = z.infer<typeof resultPage>;

export const evidenceView = z.strictObject({
  taskId: digest,
  validatorIndex: index,
  validator: digest,
  /** E.g. `PREVOTE/2`. */
  slot: z.string(),
  /** The two signed statements, hex. */
  evidence: z.string().regex(/^(?:[0-9a-f]{2})+$/),
});
export type EvidenceView = z.infer<typeof evidenceView>;

/** What `pheme verify` says of a result. A node's word about its own result: check it yourself where that matters. */
export const verificationView = z.strictObject({
  /** All checks held, except that `approved` may have failed. */
  authentic: z.boolean(),
  /** All checks held. */
  satisfied: z.boolean(),
  checks: z.array(
    z.strictObject({
      name: z.string(),
      ok: z.boolean(),
      /** What was compared, or what is wrong; may quote the result, so show it inert. */
      detail: z.string(),
    }),
  ),
});
export type VerificationView = z.infer<typeof verificationView>;

const finding = z.strictObject({
  rule: z.string(),
  severity: z.enum(SEVERITIES),
  category: z.enum(CATEGORIES),
  file: z.string(),
  line: count,
  quote: z.string(),
  message: z.string(),
  suggestion: z.string().exactOptional(),
});

/** What one model says of one task, as a line of `pheme judge --json`; nothing of it is signed. */
export const localVerdict = z.strictObject({
  /** The id that the task has on the network; null for what holds no task. */
  taskId: digest.nullable(),
  approved: z.boolean(),
  /** 0.5 (knows nothing) to 1. */
  confidence: z.number().min(0).max(1),
  score: z.number().min(0).max(1).exactOptional(),
  findings: z.array(finding),
  feedback: z
    .array(z.strictObject({ requirement: z.string(), score: z.number().min(0).max(1), comment: z.string() }))
    .exactOptional(),
  summary: z.string(),
  coverage: z
    .strictObject({
      filesTotal: count,
      filesJudged: count,
      linesTotal: count,
      linesJudged: count,
      omitted: z.array(z.strictObject({ what: z.string(), reason: z.string() })),
    })
    .nullable(),
  model: z.strictObject({ id: z.string(), family: z.string(), digest: digest.exactOptional() }).nullable(),
  /** What asking a model by its endpoint used; cost in millionths of the operator's currency. */
  usage: z.strictObject({ promptTokens: count, completionTokens: count, costMicros: count }).exactOptional(),
  /** Why there is no verdict: the line holds no task, or the model abstained. */
  error: z.strictObject({ code: z.string(), message: z.string() }).exactOptional(),
});
export type LocalVerdict = z.infer<typeof localVerdict>;
