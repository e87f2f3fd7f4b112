import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ValidationError } from '../../src/protocol/errors.ts';
import { genesisToJson } from '../../src/protocol/genesis.ts';
import { encodeTask, type Task, taskIdOf } from '../../src/protocol/task.ts';
import type { NodeApi } from '../../src/rpc/api.ts';
import { startRpcServer } from '../../src/rpc/server.ts';
import type { Fixture } from '../node/result-fixture.ts';
import { VALIDATOR } from '../rpc/fake-node.ts';

export const TOKEN = 't'.repeat(64);

const healthy = { healthy: true, reasons: [] };

/** What a node says that holds one result, over the real RPC server; `says` replaces parts of it. */
export function fakeApi({ committee, result, genesis }: Fixture, says: Partial<NodeApi> = {}): NodeApi {
  const { taskId, networkId, configDigest } = result;
  const submitted: Task[] = [];
  return {
    status: () => ({
      ready: true,
      reasons: [],
      version: '0.1.0',
      networkName: 'test',
      kind: 'devnet',
      networkId,
      configDigest,
      epoch: 0,
      publicKey: committee.validators[1]!.publicKey,
      peerId: '12D3KooWtest',
      role: 'validator',
      validatorIndex: 1,
      startedAt: '2026-11-22T10:00:00.000Z',
      uptimeSeconds: 60,
      listen: ['/ip4/127.0.0.1/tcp/7435'],
      peers: 3,
      connectedWeight: 4,
      quorum: 3,
      totalWeight: 4,
      openTasks: 0,
      results: 1,
      damagedValues: 0,
      defaultModel: 'rules',
      webhookKey: `whpk_${Buffer.alloc(32).toString('base64')}`,
    }),
    genesis: () => genesisToJson(genesis),
    epochs: () => [],
    health: async () => ({ healthy: true, queue: healthy, models: healthy, validators: healthy, database: healthy }),
    metrics: () => ({
      jobsProcessed: 0,
      validationSuccess: 0,
      validationFailure: 0,
      averageProcessingTime: 0,
      modelLatency: {},
      validatorHealth: {},
    }),
    prometheusText: async () => '',
    peers: () => [],
    validators: () =>
      committee.validators.map((validator, index) => ({ ...VALIDATOR, index, ...validator, self: index === 1 })),
    submitTask: async (task) => {
      submitted.push(task);
      return { taskId: taskIdOf(committee.networkId, 0, encodeTask(task)) };
    },
    getTask: async () => null,
    forgetTask: async () => null,
    getResult: async (id) => (id === taskId ? result : null),
    waitForResult: async (id) => {
      if (id === taskId) return result;
      throw new ValidationError('no decision in time', 'TIMEOUT');
    },
    listResults: async () => {
      const { outcome, approved, confidence, decidedAt } = result;
      return {
        results: [{ sequence: 7, taskId, outcome, approved, confidence, decidedAt, storedAt: decidedAt }],
        next: 7,
      };
    },
    issueBadge: async () => null,
    recommendTasks: async (subject) => ({ subject, results: 0, recommendations: [] }),
    getAnchor: async () => null,
    getAttestation: async () => null,
    getEvidence: async () => [],
    explain: async () => null,
    listTasks: () => ({ tasks: [], next: null, total: 0 }),
    verifyResult: async () => null,
    judge: () => Promise.reject(new ValidationError('no model here', 'UNKNOWN_MODEL')),
    subscribe: () => () => undefined,
    readiness: () => ({ ready: true, reasons: [] }),
    ...says,
  };
}

export interface FakeNode {
  url: string;
  /** A home that pins the network and holds the token. */
  home: string;
  stop(): Promise<void>;
}

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

export async function startFakeNode(fixture: Fixture, says: Partial<NodeApi> = {}): Promise<FakeNode> {
  const home = await mkdtemp(join(tmpdir(), 'pheme-fake-'));
  await writeFile(join(home, 'genesis.json'), JSON.stringify(genesisToJson(fixture.genesis)));
  await writeFile(join(home, 'api-token'), TOKEN, { mode: 0o600 });
  const limits = { connections: 64, waits: 16, callsPerSecond: 10_000 };
  const options = { host: '127.0.0.1', port: 0, allowedHosts: [], tokens: { write: [TOKEN], read: [] }, limits };
  const server = await startRpcServer(options, { api: fakeApi(fixture, says), logger: silent });
  await writeFile(join(home, 'validator.yml'), `rpc: { port: ${server.port} }\n`);
  const stop = async () => {
    await server.stop(1000);
    await rm(home, { recursive: true });
  };
  return { url: server.url, home, stop };
}
