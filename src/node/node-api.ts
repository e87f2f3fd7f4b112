import { collected } from '../consensus/collection.ts';
import type { Instance } from '../consensus/state.ts';
import type { StoredResult } from '../engine/ports.ts';
import type { EndpointStatus } from '../models/openai/memory.ts';
import { toHex } from '../protocol/bytes.ts';
import { renderCore } from '../protocol/consensus-result.ts';
import type { Digest } from '../protocol/hash.ts';
import { decodeTask, type Task } from '../protocol/task.ts';
import { decodeCore } from '../protocol/value.ts';
import type {
  EvidenceView,
  NodeApi,
  NodeStatus,
  PeerView,
  Readiness,
  ResultListQuery,
  ResultPage,
  ResultSummary,
  TaskProgress,
  TaskView,
  ValidatorView,
} from '../rpc/api.ts';
import { prometheusText } from './prometheus.ts';
import type { ValidatorNode } from './validator-node.ts';

/** What the node itself does not know of the process around it. */
export interface NodeFacts {
  version: string;
  peerId: string;
  defaultModel: string;
  /** What is known of the models behind endpoints. */
  endpoints(): readonly EndpointStatus[];
}

/** The node as RPC shows it. */
export function createNodeApi(node: ValidatorNode, facts: NodeFacts): NodeApi {
  return {
    status: () => statusOf(node, facts),
    health: () => node.health.checkHealth(),
    metrics: () => node.metrics(),
    prometheusText: () => prometheusText(node, facts.endpoints),
    peers: () => peersOf(node),
    validators: () => validatorsOf(node),
    submitTask: async (task) => ({ taskId: await node.submit(task) }),
    getTask: (taskId) => taskOf(node, taskId),
    getResult: (taskId) => node.getResult(taskId),
    waitForResult: (taskId, timeoutMs, signal) => node.waitForResult(taskId, timeoutMs, signal),
    listResults: (query) => listResults(node, query),
    getAttestation: (taskId) => node.engine.attestations.collect(taskId),
    getEvidence: (limit) => evidenceOf(node, limit),
    readiness: () => readinessOf(node),
  };
}

/** Ready: connected to enough validators for a decision, and able to write. */
function readinessOf(node: ValidatorNode): Readiness {
  const { quorum, totalWeight } = node.committee;
  const weight = node.connectedWeight();
  const reasons: string[] = [];
  if (weight < quorum)
    reasons.push(`validators of weight ${weight} of ${totalWeight} are connected, a decision needs ${quorum}`);
  if (node.engine.writeFault !== undefined) reasons.push(`the database cannot be written: ${node.engine.writeFault}`);
  return { ready: reasons.length === 0, reasons };
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
  };
}

function peersOf(node: ValidatorNode): PeerView[] {
  return node.peers().map(({ key, validatorIndex, address, connectedAtMs, latencyMs, agent }) => {
    return { publicKey: key, validatorIndex, address, connectedAt: isoTime(connectedAtMs), latencyMs, agent };
  });
}

function validatorsOf(node: ValidatorNode): ValidatorView[] {
  const connected = new Set(node.peers().map(({ key }) => key));
  return node.committee.validators.map(({ publicKey, weight }, index) => {
    const self = index === node.validatorIndex;
    return { index, publicKey, weight, self, connected: self || connected.has(publicKey) };
  });
}

async function taskOf(node: ValidatorNode, taskId: Digest): Promise<TaskView | null> {
  const open = node.engine.openTasks.get(taskId);
  if (open !== undefined && open.instance.decided === null) {
    const { task, firstSeenMs, instance } = open;
    return { taskId, state: 'open', task, firstSeenAt: isoTime(firstSeenMs), progress: progressOf(instance) };
  }
  if (!(await node.engine.certificates.isDecided(taskId))) return null;
  const stored = await node.store.task(taskId);
  const task: Task | null = stored === undefined ? null : decodeTask(stored.taskBytes);
  return { taskId, state: 'decided', task, firstSeenAt: stored === undefined ? null : isoTime(stored.firstSeenMs) };
}

function progressOf(instance: Instance): TaskProgress {
  const ascending = (indexes: Iterable<number>) => [...indexes].sort((a, b) => a - b);
  const voting = instance.round >= 0;
  const revealing = instance.closedWeight >= instance.committee.quorum;
  return {
    phase: voting ? 'voting' : revealing ? 'revealing' : 'collecting',
    committed: ascending(instance.commits.keys()),
    closed: ascending(instance.closes.keys()),
    revealed: collected(instance).reveals.map(({ index }) => index),
    round: voting ? instance.round : null,
  };
}

async function listResults(
  node: ValidatorNode,
  { cursor, limit, order, outcome }: ResultListQuery,
): Promise<ResultPage> {
  const page = await node.store.results({ limit, order, ...(cursor === undefined ? {} : { cursor }) });
  const results = page
    .map((stored) => summaryOf(node, stored))
    .filter((result) => outcome === undefined || result.outcome === outcome);
  return { results, next: page.length < limit ? null : (page.at(-1)?.sequence ?? null) };
}

function summaryOf(node: ValidatorNode, { certBytes, sequence, storedAtMs }: StoredResult): ResultSummary {
  const core = decodeCore(node.engine.certificates.open(certBytes).coreBytes);
  const { taskId, outcome, reason, approved, confidence, score, decidedAt } = renderCore(core);
  return {
    sequence,
    taskId,
    outcome,
    ...(reason === undefined ? {} : { reason }),
    approved,
    confidence,
    ...(score === undefined ? {} : { score }),
    decidedAt,
    storedAt: isoTime(storedAtMs),
  };
}

async function evidenceOf(node: ValidatorNode, limit: number): Promise<EvidenceView[]> {
  const evidence = await node.store.evidence(limit);
  return evidence.map(({ taskId, validatorIndex, slot, evidenceBytes }) => {
    const validator = node.committee.validators[validatorIndex]!.publicKey;
    return { taskId, validatorIndex, validator, slot, evidence: toHex(evidenceBytes) };
  });
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
