import type { Notes } from '../engine/ports.ts';
import { toHex } from '../protocol/bytes.ts';
import { epochChangeToJson } from '../protocol/epoch-change.ts';
import { linkSentences } from '../protocol/escalation.ts';
import { genesisToJson } from '../protocol/genesis.ts';
import type { Digest } from '../protocol/hash.ts';
import { decodeTask, encodeTask, taskIdOf } from '../protocol/task.ts';
import { webhookKeyText } from '../protocol/webhook.ts';
import type {
  EvidenceView,
  NodeApi,
  NodeStatus,
  PeerView,
  Readiness,
  TaskExplanation,
  TaskView,
  ValidatorView,
  VerificationView,
  VerifyQuestion,
} from '../rpc/api.ts';
import { anchorOf } from './anchors.ts';
import { issueBadge } from './badges.ts';
import type { Escalations } from './escalations.ts';
import type { NodeEvents } from './events.ts';
import { localVerdictOf } from './local-verdict.ts';
import type { JudgingStatus } from './metrics/judging-metrics.ts';
import { NodeMetrics } from './metrics/node-metrics.ts';
import type { QueueJobs } from './metrics/queue-metrics.ts';
import { peerViews } from './peer-views.ts';
import type { Playground } from './playground.ts';
import { createRecommender } from './recommend/recommender.ts';
import { listResults } from './result-list.ts';
import type { Retention } from './retention.ts';
import { listOpenTasks, taskOf } from './task-views.ts';
import type { ValidatorNode } from './validator-node.ts';
import { verifyResult } from './verify.ts';

/** What the node itself does not know of the process around it. */
export interface NodeFacts {
  version: string;
  peerId: string;
  defaultModel: string;
  /** What the judges of this node do; none without judges of its own. */
  judging(): JudgingStatus;
  /** Jobs of the queues that this node uses; none without a Redis. */
  jobs?(): QueueJobs;
  /** Where the database is; null in memory. */
  dataFolder: string | null;
  events: Pick<NodeEvents, 'subscribe'>;
  escalations: Pick<Escalations, 'linksOf'>;
  notes: Notes;
  playground: Pick<Playground, 'judge'>;
  retention: Pick<Retention, 'forget' | 'counts'>;
}

/** The node as RPC shows it. */
export function createNodeApi(node: ValidatorNode, facts: NodeFacts): NodeApi {
  const metrics = new NodeMetrics(node, { ...facts, isReady: () => readinessOf(node).ready });
  return {
    status: () => statusOf(node, facts),
    genesis: () => genesisToJson(node.genesis),
    epochs: () => node.changes.map(epochChangeToJson),
    health: () => node.health.checkHealth(),
    metrics: () => node.metrics(),
    prometheusText: () => metrics.text(),
    peers: () => peersOf(node),
    validators: () => validatorsOf(node),
    submitTask: async (task) => ({ taskId: await node.submit(task) }),
    getTask: (taskId) => linkedTask(node, facts, taskId),
    forgetTask: async (taskId) => {
      const prunedAtMs = await facts.retention.forget(taskId);
      return prunedAtMs === undefined ? null : { taskId, prunedAt: isoTime(prunedAtMs) };
    },
    getResult: (taskId) => node.getResult(taskId),
    waitForResult: (taskId, timeoutMs, signal) => node.waitForResult(taskId, timeoutMs, signal),
    listResults: (query) => listResults(node, query),
    getAttestation: (taskId) => node.engine.attestation(taskId),
    getAnchor: (taskId) => anchorOf(node, facts.notes, taskId),
    issueBadge: (taskId) => issueBadge(node, taskId),
    recommendTasks: createRecommender(node, Date.now),
    getEvidence: (limit) => evidenceOf(node, limit),
    explain: (taskId) => explanationOf(node, facts, taskId),
    listTasks: (query) => listOpenTasks(node, query),
    verifyResult: (question) => verificationOf(node, question),
    judge: async (task, model, signal) => {
      const { networkId, epoch } = node.committee;
      const judgement = await facts.playground.judge(task, model, signal);
      return localVerdictOf(judgement, taskIdOf(networkId, epoch, encodeTask(task)));
    },
    subscribe: (listener) => facts.events.subscribe(listener),
    readiness: () => readinessOf(node),
  };
}

/** Ready: connected to enough validators for a decision, and able to write. A judge that fails abstains, and takes part. */
function readinessOf(node: ValidatorNode): Readiness {
  const { queue, models, validators, database } = node.health.report();
  const reasons = [validators, database, models, queue].flatMap((part) => part.reasons);
  return { ready: validators.healthy && database.healthy, reasons };
}

async function linkedTask(node: ValidatorNode, { escalations }: NodeFacts, taskId: Digest): Promise<TaskView | null> {
  const view = await taskOf(node, taskId);
  return view === null ? null : { ...view, ...(await escalations.linksOf(taskId, view.task)) };
}

/** The story, and after it the tasks that belong to it. */
async function explanationOf(
  node: ValidatorNode,
  { escalations }: NodeFacts,
  taskId: Digest,
): Promise<TaskExplanation | null> {
  const explanation = await node.explainer.explain(taskId);
  if (explanation === null) return null;
  const view = await taskOf(node, taskId);
  const links = await escalations.linksOf(taskId, view?.task ?? null);
  return { ...explanation, summary: [...explanation.summary, ...linkSentences(links)], ...links };
}

function statusOf(node: ValidatorNode, facts: NodeFacts): NodeStatus {
  const { committee, genesis } = node;
  return {
    ...readinessOf(node),
    version: facts.version,
    networkName: genesis.name,
    kind: genesis.rules.kind,
    networkId: committee.networkId,
    configDigest: committee.configDigest,
    epoch: committee.epoch,
    publicKey: node.publicKey,
    peerId: facts.peerId,
    role: node.validatorIndex === null ? 'observer' : 'validator',
    validatorIndex: node.validatorIndex,
    startedAt: isoTime(node.startedAtMs),
    uptimeSeconds: Math.floor((Date.now() - node.startedAtMs) / 1000),
    listen: [...node.listenAddresses()],
    peers: node.peers().length,
    connectedWeight: node.connectedWeight(),
    quorum: committee.quorum,
    totalWeight: committee.totalWeight,
    openTasks: node.engine.openTasks.size,
    results: node.store.resultCount(),
    damagedValues: node.store.damagedCount(),
    defaultModel: facts.defaultModel,
    webhookKey: webhookKeyText(node.derivedSigner('webhook').publicKey),
  };
}

function peersOf(node: ValidatorNode): PeerView[] {
  return peerViews(node.peers(), node.peerStandings(), node.committee);
}

function validatorsOf(node: ValidatorNode): ValidatorView[] {
  const connected = new Set(node.peers().map(({ key }) => key));
  return node.committee.validators.map(({ publicKey, weight }, index) => {
    const self = index === node.validatorIndex;
    const presence = node.explainer.presenceOf(index);
    return { index, publicKey, weight, self, connected: self || connected.has(publicKey), ...presence };
  });
}

/** Of a result that somebody gives, or of the one that is held under an id, then with the task that is held here. */
async function verificationOf(
  node: ValidatorNode,
  { result, taskId, task }: VerifyQuestion,
): Promise<VerificationView | null> {
  const held = result === undefined && taskId !== undefined ? await node.getResult(taskId) : result;
  if (held === null && result === undefined) return null;
  const stored = taskId === undefined || task !== undefined ? undefined : await node.store.task(taskId);
  const expected = task ?? (stored === undefined ? undefined : decodeTask(stored.taskBytes));
  return verifyResult(held, node.genesis, {
    ...(taskId === undefined ? {} : { taskId }),
    ...(expected === undefined ? {} : { task: expected }),
  });
}

async function evidenceOf(node: ValidatorNode, limit: number): Promise<EvidenceView[]> {
  const evidence = await node.store.evidence(limit);
  const views = evidence.map(async ({ taskId, validatorIndex, slot, evidenceBytes }) => {
    const { validators } = await node.engine.committeeOfTask(taskId);
    const validator = validators[validatorIndex]!.publicKey;
    return { taskId, validatorIndex, validator, slot, evidence: toHex(evidenceBytes) };
  });
  return Promise.all(views);
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
