import type { Logger } from '../../src/engine/ports.ts';
import type { ConsensusResult } from '../../src/protocol/consensus-result.ts';
import { ValidationError } from '../../src/protocol/errors.ts';
import { genesisToJson } from '../../src/protocol/genesis.ts';
import { encodeTask, type Task, taskIdOf } from '../../src/protocol/task.ts';
import type { LocalVerdict, NodeApi, NodeStatus, Readiness, ValidatorView, VerifyQuestion } from '../../src/rpc/api.ts';
import type { NodeEvent } from '../../src/rpc/events.ts';
import { type RpcServer, type RpcServerOptions, startRpcServer } from '../../src/rpc/server.ts';
import { genesisOf } from '../node/result-fixture.ts';

export const WRITE_TOKEN = 'w'.repeat(64);
export const READ_TOKEN = 'r'.repeat(64);
export const NETWORK_ID = '1'.repeat(64);

/** A node without a network: it keeps tasks and gives the results that a test puts in. */
export class FakeNode implements NodeApi {
  readonly tasks = new Map<string, Task>();
  readonly results = new Map<string, ConsensusResult>();
  readinessNow: Readiness = { ready: true, reasons: [] };
  /** Thrown by `health`. */
  failure: Error | undefined;
  waiting = 0;
  told = 0;
  readonly listeners = new Set<(event: NodeEvent) => void>();

  status(): NodeStatus {
    return { version: '0.1.0', networkId: NETWORK_ID, ...this.readinessNow } as NodeStatus;
  }

  async health() {
    if (this.failure !== undefined) throw this.failure;
    const fine = { healthy: true, reasons: [] };
    return { healthy: true, queue: fine, models: fine, validators: fine, database: fine };
  }

  metrics() {
    return {
      jobsProcessed: this.tasks.size,
      validationSuccess: 0,
      validationFailure: 0,
      averageProcessingTime: 0,
      modelLatency: {},
      validatorHealth: {},
    };
  }

  epochs() {
    return [];
  }

  genesis() {
    return genesisToJson(genesisOf(1));
  }

  async prometheusText() {
    return '# TYPE pheme_tasks gauge\npheme_tasks 1\n';
  }

  peers() {
    return [];
  }

  validators(): ValidatorView[] {
    return [VALIDATOR];
  }

  async submitTask(task: Task) {
    const taskId = taskIdOf(NETWORK_ID, 0, encodeTask(task));
    this.tasks.set(taskId, task);
    return { taskId };
  }

  async getTask(taskId: string) {
    const task = this.tasks.get(taskId);
    return task === undefined ? null : { taskId, state: 'open' as const, task, firstSeenAt: null };
  }

  async forgetTask(taskId: string) {
    return this.tasks.delete(taskId) ? { taskId, prunedAt: '2026-11-22T10:00:00.000Z' } : null;
  }

  async getResult(taskId: string) {
    return this.results.get(taskId) ?? null;
  }

  async waitForResult(taskId: string, timeoutMs: number, signal: AbortSignal): Promise<ConsensusResult> {
    this.waiting++;
    const { promise, resolve, reject } = Promise.withResolvers<ConsensusResult>();
    const timer = setTimeout(() => reject(new ValidationError('not decided in time', 'TIMEOUT')), timeoutMs);
    signal.addEventListener('abort', () => reject(signal.reason));
    const result = this.results.get(taskId);
    if (result !== undefined) resolve(result);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.waiting--;
    }
  }

  async listResults() {
    return { results: [], next: null };
  }

  async issueBadge() {
    return null;
  }

  async recommendTasks(subject: string) {
    return { subject, results: 0, recommendations: [] };
  }

  async getAnchor() {
    return null;
  }

  async getAttestation() {
    return null;
  }

  async getEvidence() {
    return [];
  }

  async explain() {
    return null;
  }

  listTasks() {
    const tasks = [...this.tasks].map(([taskId, { type }]) => {
      return { taskId, type, phase: 'collecting' as const, round: null, firstSeenAt: '2026-11-22T10:00:00.000Z' };
    });
    return { tasks, next: null, total: tasks.length };
  }

  async verifyResult({ result, taskId }: VerifyQuestion) {
    if (result === undefined && !this.results.has(taskId!)) return null;
    return { authentic: false, satisfied: false, checks: [{ name: 'form', ok: false, detail: 'not looked at' }] };
  }

  async judge(task: Task, model: string | undefined, signal: AbortSignal): Promise<LocalVerdict> {
    signal.throwIfAborted();
    if (model !== undefined) throw new ValidationError('there is no such model', 'UNKNOWN_MODEL', { models: [] });
    const taskId = taskIdOf(NETWORK_ID, 0, encodeTask(task));
    return { taskId, approved: false, confidence: 0.5, findings: [], summary: '', coverage: null, model: null };
  }

  subscribe(listener: (event: NodeEvent) => void) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Tells an event to all that subscribed. */
  tell(event: NodeEvent): void {
    this.told++;
    for (const listener of this.listeners) listener(event);
  }

  readiness() {
    return this.readinessNow;
  }
}

/** A validator that took part in nothing yet. */
export const VALIDATOR: ValidatorView = {
  index: 0,
  publicKey: 'a'.repeat(64),
  weight: 1,
  self: true,
  connected: true,
  connectedSince: null,
  disconnectedSince: null,
  participation: {
    tasks: 0,
    committed: 0,
    revealed: 0,
    agreed: 0,
    dissented: 0,
    voted: 0,
    abstained: 0,
    late: 0,
    unrevealed: 0,
    missing: 0,
    signed: 0,
    commitMsP50: null,
    commitMsP99: null,
    equivocations: 0,
  },
};

export interface Served {
  node: FakeNode;
  server: RpcServer;
  /** What was logged at error. */
  errors: unknown[];
  /** Streams of events that are open. */
  streams(): number;
}

/** Starts a server on a free port for each test and stops it afterwards. Call within `describe`. */
export function useServer(): (options?: Partial<RpcServerOptions>) => Promise<Served> {
  const running: RpcServer[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((server) => server.stop(0)));
  });
  return async (options = {}) => {
    const node = new FakeNode();
    const errors: unknown[] = [];
    const quiet = () => undefined;
    const logger: Logger = {
      debug: quiet,
      info: quiet,
      warn: quiet,
      error: (fields) => errors.push(fields['error']),
    };
    const server = await startRpcServer(
      {
        host: '127.0.0.1',
        port: 0,
        allowedHosts: [],
        tokens: { write: [WRITE_TOKEN], read: [READ_TOKEN] },
        limits: { connections: 64, waits: 4, callsPerSecond: 100_000 },
        ...options,
      },
      { api: node, logger },
    );
    running.push(server);
    return { node, server, errors, streams: () => server.streams };
  };
}
