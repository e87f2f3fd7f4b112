import assert from 'node:assert/strict';
import { join } from 'node:path';
import { loadApiToken, loadGenesis } from '../../src/config/home.ts';
import { homePaths } from '../../src/config/home-paths.ts';
import { loadConfig } from '../../src/config/load.ts';
import { initHome } from '../../src/config/testnet.ts';
import { createMockCodeReviewTask } from '../../src/models/mock-task.ts';
import { createVerifyingClient } from '../../src/node/client.ts';
import { type Daemon, startDaemon } from '../../src/node/daemon.ts';
import type { Task } from '../../src/protocol/task.ts';
import { webhookKeyText } from '../../src/protocol/webhook.ts';
import type { EscalationLinks, NodeStatus } from '../../src/rpc/api.ts';
import { createRpcClient, type RpcClient } from '../../src/rpc/client.ts';
import type { RpcEvent } from '../../src/rpc/events.ts';
import { METHODS, type MethodName } from '../../src/rpc/methods.ts';
import { useTempDirectory } from '../config/temp-home.ts';
import { type OpenRpc, publishedSchemas } from './published.ts';

const quiet = () => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const TASK = { ...createMockCodeReviewTask(), repository: 'acme/shop', subject: 'did:web:ada.example' };
const UNKNOWN = 'f'.repeat(64);

/** A whole node of its own network, asked by the exported client alone. */
describe('the contract of the RPC', () => {
  const directory = useTempDirectory();
  let daemon: Daemon;
  let client: RpcClient;
  let token: string;
  let schemas: ReturnType<typeof publishedSchemas>;

  beforeEach(async () => {
    const home = join(directory(), 'home');
    await initHome({ home });
    const environment = { PHEME_RPC_PORT: '0', PHEME_NETWORK_LISTEN: '/ip4/127.0.0.1/tcp/0' };
    const { config } = await loadConfig({ home, environment });
    daemon = await startDaemon({ config, observer: false, logger });
    token = await loadApiToken(home);
    client = createRpcClient({ url: daemon.rpcUrl, token });
    schemas = publishedSchemas((await client.call('rpc.discover', {})) as unknown as OpenRpc);
  });
  afterEach(() => daemon.stop(1_000));

  /** A method's answer by POST; by GET too where it reads, which must say the same. */
  async function ask(method: MethodName, params: Record<string, unknown>): Promise<unknown> {
    const posted: unknown = await client.call(method, params as never);
    assert.equal(schemas.faultOfResult(method, posted), undefined, method);
    assert.ok(schemas.takesParams(method, params), `parameters of ${method}`);
    if (METHODS[method].access === 'write') return posted;
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(params))
      query.append(name, typeof value === 'string' ? value : JSON.stringify(value));
    const response = await fetch(`${daemon.rpcUrl}/rpc/${method}?${query}`);
    const got = ((await response.json()) as { result: unknown }).result;
    assert.equal(response.status, 200, method);
    assert.equal(schemas.faultOfResult(method, got), undefined, method);
    return posted;
  }

  it('answers every method by its published schema, by POST and by GET, before and after a decision', async () => {
    const asked = new Set<MethodName>();
    const noted = (method: MethodName, params: Record<string, unknown> = {}) => {
      asked.add(method);
      return ask(method, params);
    };
    for (const method of [
      'pheme_getTask',
      'pheme_getResult',
      'pheme_getAttestation',
      'pheme_explain',
      'pheme_getAnchor',
    ] as const)
      assert.equal(await noted(method, { taskId: UNKNOWN }), null, method);
    const { taskId } = (await noted('pheme_submitTask', { task: TASK })) as { taskId: string };
    await noted('pheme_listTasks', { limit: 5 });
    await noted('pheme_waitForResult', { taskId, timeoutMs: 15_000 });
    for (const method of ['pheme_getTask', 'pheme_getResult', 'pheme_getAttestation', 'pheme_explain'] as const)
      assert.notEqual(await noted(method, { taskId }), null, method);
    const plain = ['pheme_status', 'pheme_health', 'pheme_metrics', 'pheme_peers', 'pheme_validators'] as const;
    for (const method of [...plain, 'pheme_genesis', 'pheme_epochs', 'pheme_getEvidence', 'rpc.discover'] as const)
      await noted(method);
    await noted('pheme_listResults', { limit: 3, order: 'oldest' });
    await noted('pheme_verifyResult', { taskId });
    await noted('pheme_judge', { task: TASK });
    await noted('pheme_recommendTasks', {
      subject: TASK.subject,
      tasks: [{ id: 'one', skill: 'python', level: 20, requirements: ['tests'] }],
    });
    assert.equal(await noted('pheme_forgetTask', { taskId: UNKNOWN }), null);
    assert.notEqual(await noted('pheme_forgetTask', { taskId }), null);
    const left = Object.keys(METHODS).filter((name) => !asked.has(name as MethodName));
    assert.deepEqual(left, ['pheme_issueBadge'], 'badges are of assessments: see the tests of badges');
  });

  it('filters lists, and goes through them by cursors', async () => {
    const rpc = client;
    const taskIds: string[] = [];
    for (let n = 0; n < 5; n++) {
      const task = { ...TASK, repository: n % 2 === 0 ? 'acme/even' : 'acme/odd', subject: `s${n}` };
      const { taskId } = await rpc.call('pheme_submitTask', { task });
      taskIds.push((await rpc.call('pheme_waitForResult', { taskId, timeoutMs: 15_000 })).taskId);
    }
    const idsOf = async (query: Record<string, unknown>) =>
      (await rpc.call('pheme_listResults', { order: 'oldest', limit: 100, ...query })).results.map((r) => r.taskId);
    assert.deepEqual(await idsOf({}), taskIds);
    assert.deepEqual(await idsOf({ repository: 'acme/odd' }), [taskIds[1], taskIds[3]]);
    assert.deepEqual(await idsOf({ subject: 's2', type: 'CODE_REVIEW' }), [taskIds[2]]);
    assert.deepEqual(await idsOf({ type: 'SKILL_ASSESSMENT' }), []);
    assert.deepEqual(await idsOf({ until: '2020-01-01T00:00:00Z' }), []);
    assert.deepEqual(await idsOf({ since: '2020-01-01T00:00:00Z' }), taskIds);
    assert.deepEqual(await idsOf({ dissentBy: 0 }), [], 'the only validator cannot dissent');
    const { outcome } = (await rpc.call('pheme_getResult', { taskId: taskIds[0]! }))!;
    assert.deepEqual(await idsOf({ outcome: [outcome] }), taskIds);
    const paged: string[] = [];
    let cursor: number | null = null;
    do {
      const more: { cursor?: number } = cursor === null ? {} : { cursor };
      const page: { results: { taskId: string }[]; next: number | null } = await rpc.call('pheme_listResults', {
        limit: 1,
        repository: 'acme/even',
        ...more,
      });
      paged.push(...page.results.map((result) => result.taskId));
      cursor = page.next;
    } while (cursor !== null);
    assert.deepEqual(paged, [taskIds[4], taskIds[2], taskIds[0]]);
  });

  it("checks results as pheme verify does: its own, somebody else's, and altered ones", async () => {
    const { taskId } = await client.call('pheme_submitTask', { task: TASK });
    const result = await client.call('pheme_waitForResult', { taskId, timeoutMs: 15_000 });
    const own = await client.call('pheme_verifyResult', { taskId });
    assert.ok(own?.satisfied && own.checks.some(({ name }) => name === 'task'), 'against the task that is held');
    const given = await client.call('pheme_verifyResult', { result, task: TASK });
    assert.equal(given?.authentic, true);
    const altered = { ...result, confidence: result.confidence / 2 };
    const refused = await client.call('pheme_verifyResult', { result: altered });
    assert.deepEqual(
      [refused?.authentic, refused?.checks.filter(({ ok }) => !ok).map(({ name }) => name)],
      [false, ['fields']],
    );
    assert.equal((await client.call('pheme_verifyResult', { result: null }))?.authentic, false);
    assert.equal((await client.call('pheme_verifyResult', { result, taskId: UNKNOWN }))?.authentic, false);
    assert.equal(await client.call('pheme_verifyResult', { taskId: UNKNOWN }), null);
    await assert.rejects(client.call('pheme_verifyResult', {}), {
      code: 'INVALID_PARAMS',
      message: /must hold result/,
    });
  });

  it('shows which tasks ask one again, and which it asks again', async () => {
    const decide = async (task: Task) => {
      const { taskId } = await client.call('pheme_submitTask', { task });
      await client.call('pheme_waitForResult', { taskId, timeoutMs: 15_000 });
      return taskId;
    };
    const first = await decide(TASK);
    const second = await decide({ ...TASK, escalates: { taskId: first, reason: 'a second look' } });
    const forth = { escalates: { taskId: first, reason: 'a second look', sameQuestion: true } };
    for (const method of ['pheme_getTask', 'pheme_explain'] as const) {
      const [one, other] = [await ask(method, { taskId: first }), await ask(method, { taskId: second })];
      assert.deepEqual((one as EscalationLinks).escalatedBy, [second], method);
      assert.deepEqual((other as EscalationLinks).escalates, forth.escalates, method);
    }
  });

  it('tells the key that verifies webhooks, by an address too', async () => {
    const { webhookKey } = (await ask('pheme_status', {})) as NodeStatus;
    assert.equal(webhookKey, webhookKeyText(daemon.node.derivedSigner('webhook').publicKey));
  });

  it('judges by any configured or embedded model, and keeps nothing of it', async () => {
    const said = await client.call('pheme_judge', { task: TASK, model: 'embedded:flow' });
    assert.match(said.model?.id ?? '', /flow/);
    assert.equal(await client.call('pheme_getTask', { taskId: said.taskId! }), null);
    await assert.rejects(client.call('pheme_judge', { task: TASK, model: 'gpt9' }), { code: 'UNKNOWN_MODEL' });
    await assert.rejects(client.call('pheme_judge', { task: { type: 'POEM' } }), { code: 'INVALID_TASK' });
    const reading = createRpcClient({ url: daemon.rpcUrl });
    await assert.rejects(reading.call('pheme_judge', { task: TASK }), { code: 'UNAUTHORIZED' });
    const many = await Promise.allSettled(Array.from({ length: 12 }, () => client.call('pheme_judge', { task: TASK })));
    const refused = many.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    assert.ok(refused.length > 0 && refused.length < 12);
    for (const { reason } of refused) assert.equal(reason.code, 'TOO_MANY_REQUESTS');
  });

  it('tells the life of a task by events of the published form', async () => {
    const told: RpcEvent[] = [];
    const stopping = new AbortController();
    const listening = (async () => {
      for await (const event of client.events({ signal: stopping.signal })) {
        told.push(event);
        if (event.type === 'task.decided') return;
      }
    })();
    await client.call('pheme_status', {});
    const { taskId } = await client.call('pheme_submitTask', { task: TASK });
    await listening;
    const types = told.map(({ type }) => type);
    assert.equal(types.at(-1), 'task.decided');
    assert.ok(told.every((event, at) => at === 0 || event.id > told[at - 1]!.id));
    for (const { type, data } of told) {
      assert.equal(schemas.faultOfEvent(type, data), undefined, type);
      if ('taskId' in data) assert.equal(data.taskId, taskId);
    }
  });

  it('serves the verifying client, and many calls in a batch', async () => {
    const genesis = await loadGenesis(homePaths(join(directory(), 'home')).genesis);
    const verifying = createVerifyingClient(client, genesis);
    const task = createMockCodeReviewTask();
    const taskId = await verifying.submit(task);
    assert.ok((await verifying.wait(task, 15_000)).verification.authentic);
    const [status, result, missing] = await client.batch([
      { method: 'pheme_status', params: {} },
      { method: 'pheme_getResult', params: { taskId } },
      { method: 'pheme_getTask', params: { taskId: 'x' } },
    ]);
    assert.ok('result' in status && status.result.results === 1);
    assert.ok('result' in result && result.result?.taskId === taskId);
    assert.ok('error' in missing && missing.error.code === 'INVALID_PARAMS');
  });
});
