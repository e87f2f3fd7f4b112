import assert from 'node:assert/strict';
import type { Clock } from '../../src/engine/ports.ts';
import { createMockCodeReviewTask } from '../../src/models/mock-task.ts';
import { Retention, type RetentionAges } from '../../src/node/retention.ts';
import { taskOf } from '../../src/node/task-views.ts';
import { ValidationNetwork } from '../../src/node/validation-network.ts';
import type { ValidatorNode } from '../../src/node/validator-node.ts';
import { verifyResult } from '../../src/node/verify.ts';
import { parseTask } from '../../src/protocol/task.ts';
import type { TableStore } from '../../src/store/store.ts';

const DAY_MS = 86_400_000;
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const { signal } = new AbortController();

/** A real network in one process; retention of node 0 under a clock that is moved by hand. */
describe('retention', () => {
  let network: ValidationNetwork;
  let nodes: ValidatorNode[];
  let nowMs: number;
  let delays: number[];

  beforeEach(async () => {
    network = new ValidationNetwork();
    nodes = await network.nodes();
    nowMs = Date.now();
    delays = [];
  });
  afterEach(() => network.stop());

  const clock: Clock = {
    nowMs: () => nowMs,
    setTimer: (delayMs) => {
      delays.push(delayMs);
      return () => undefined;
    },
  };

  function retentionOf(node: ValidatorNode, ages: Partial<RetentionAges> = {}): Retention {
    const { pruning, notes } = node.store as TableStore;
    const { engine, store } = node;
    return new Retention({
      engine,
      store,
      pruning,
      notes,
      clock,
      logger,
      ages: { bodiesMs: null, reportsMs: null, ...ages },
    });
  }

  /** Decided, and its reports held, at every node. */
  async function decided(attempt: number): Promise<string> {
    const task = parseTask({ ...createMockCodeReviewTask(), attempt });
    const taskId = await nodes[0]!.submit(task);
    await Promise.all(nodes.map((node) => node.waitForResult(taskId, 20_000, signal)));
    return taskId;
  }

  const reportsHeld = async (node: ValidatorNode, taskId: string) =>
    (await node.getResult(taskId))!.judgements!.filter(({ report }) => report !== undefined).length;
  const authentic = async (node: ValidatorNode, taskId: string) =>
    verifyResult(await node.getResult(taskId), network.genesis!, { taskId }).authentic;

  it('drops bodies once they are old enough, and says since when', async () => {
    const taskId = await decided(0);
    const retention = retentionOf(nodes[0]!, { bodiesMs: DAY_MS });
    await retention.sweep();
    assert.notEqual((await taskOf(nodes[0]!, taskId))?.task, null);
    nowMs += DAY_MS + 60_000;
    await retention.sweep();
    const view = await taskOf(nodes[0]!, taskId);
    assert.deepEqual([view?.state, view?.task, view?.prunedAt], ['decided', null, new Date(nowMs).toISOString()]);
    assert.ok((await reportsHeld(nodes[0]!, taskId)) > 0);
    assert.ok(await authentic(nodes[0]!, taskId));
    assert.deepEqual(retention.counts, { bodies: 1, reports: 0, forgotten: 0 });
  });

  it('drops reports, still verifies, and asks no peer for them again', async () => {
    const taskId = await decided(0);
    const retention = retentionOf(nodes[0]!, { reportsMs: DAY_MS });
    nowMs += 2 * DAY_MS;
    await retention.sweep();
    assert.ok(retention.counts.reports > 0);
    for (let read = 0; read < 3; read++) assert.equal(await reportsHeld(nodes[0]!, taskId), 0);
    const { reportDigest } = (await nodes[0]!.getResult(taskId))!.judgements![0]!;
    assert.equal(await nodes[0]!.engine.report(reportDigest), undefined);
    assert.ok(await authentic(nodes[0]!, taskId));
    const startMs = performance.now();
    await nodes[0]!.waitForResult(taskId, 10_000, signal);
    assert.ok(performance.now() - startMs < 1_000, 'waits for no report that will not come');
    assert.ok((await reportsHeld(nodes[1]!, taskId)) > 0, 'the others keep theirs');
  });

  it('keeps a report that a younger task has too', async () => {
    const old = await decided(0);
    const oldAtMs = nowMs;
    const young = await decided(1); // the same diff: the same reports
    const digests = async (taskId: string) =>
      (await nodes[0]!.getResult(taskId))!.judgements!.map(({ reportDigest }) => reportDigest);
    const shared = (await digests(old)).filter(Boolean);
    assert.deepEqual(shared, await digests(young), 'else this test shows nothing');
    const { storedAtMs } = (await nodes[0]!.store.result(young))!;
    nowMs = storedAtMs - 1 + DAY_MS;
    assert.ok((await nodes[0]!.store.result(old))!.storedAtMs < storedAtMs && oldAtMs <= storedAtMs);
    await retentionOf(nodes[0]!, { reportsMs: DAY_MS }).sweep();
    assert.equal(await reportsHeld(nodes[0]!, old), 0);
    assert.equal(await reportsHeld(nodes[0]!, young), shared.length);
  });

  it('goes on where it stopped', async () => {
    await decided(0);
    nowMs += 2 * DAY_MS;
    await retentionOf(nodes[0]!, { bodiesMs: DAY_MS }).sweep();
    const second = await decided(1);
    nowMs += 2 * DAY_MS;
    const later = retentionOf(nodes[0]!, { bodiesMs: DAY_MS });
    await later.sweep();
    assert.equal(later.counts.bodies, 1);
    assert.equal((await taskOf(nodes[0]!, second))?.task, null);
  });

  it('sweeps by itself only where something has an age', async () => {
    retentionOf(nodes[0]!).start();
    assert.deepEqual(delays, []);
    const retention = retentionOf(nodes[0]!, { bodiesMs: DAY_MS });
    retention.start();
    assert.equal(delays.length, 1);
    await retention.stop();
  });

  describe('forgets', () => {
    it('body, reports and timeline of a decided task at once, here and not elsewhere', async () => {
      const taskId = await decided(0);
      const [here, there] = nodes as [ValidatorNode, ValidatorNode];
      assert.notEqual((await here.engine.timeline(taskId)).length, 0);
      const retention = retentionOf(here);
      assert.equal(await retention.forget(taskId), nowMs);
      assert.equal((await taskOf(here, taskId))?.task, null);
      assert.equal(await reportsHeld(here, taskId), 0);
      assert.deepEqual(await here.engine.timeline(taskId), []);
      const asked = await here.engine.onRequest({ kind: 'attestation', taskId }, there.publicKey);
      assert.deepEqual(asked, { kind: 'attestation', signature: null });
      assert.ok(await authentic(here, taskId));
      assert.notEqual((await taskOf(there, taskId))?.task, null);
    });

    it('for good: neither a catch-up nor the same task brings it back', async () => {
      const taskId = await decided(0);
      const here = nodes[0]!;
      await retentionOf(here).forget(taskId);
      here.engine.onPeer(nodes[1]!.publicKey, true);
      assert.equal(await here.submit(parseTask({ ...createMockCodeReviewTask(), attempt: 0 })), taskId);
      await decided(1); // the network goes on
      assert.equal((await taskOf(here, taskId))?.task, null);
      assert.equal(await reportsHeld(here, taskId), 0);
    });

    it('no report that another task has too, until that is forgotten as well', async () => {
      const [first, second] = [await decided(0), await decided(1)]; // the same diff: the same reports
      const here = nodes[0]!;
      const { reportDigest } = (await here.getResult(second))!.judgements![0]!;
      await retentionOf(here).forget(first);
      assert.deepEqual([await reportsHeld(here, first), (await reportsHeld(here, second)) > 0], [0, true]);
      await retentionOf(here).forget(second);
      assert.equal(await here.store.report(reportDigest), undefined);
    });

    it('the same twice, with the first time', async () => {
      const taskId = await decided(0);
      const first = await retentionOf(nodes[0]!).forget(taskId);
      nowMs += 5_000;
      assert.equal(await retentionOf(nodes[0]!).forget(taskId), first);
    });

    it('nothing that it does not know', async () => {
      assert.equal(await retentionOf(nodes[0]!).forget('f'.repeat(64)), undefined);
    });

    it('no task that is still open', async () => {
      await Promise.all(nodes.slice(1).map((node) => node.stop()));
      const taskId = await nodes[0]!.submit(parseTask(createMockCodeReviewTask()));
      await assert.rejects(retentionOf(nodes[0]!).forget(taskId), { code: 'TASK_OPEN' });
      assert.equal((await taskOf(nodes[0]!, taskId))?.state, 'open');
    });
  });
});
