import assert from 'node:assert/strict';
import { encodeRecords } from '../../src/engine/journal.ts';
import { TICK_MS_MAX } from '../../src/engine/limits.ts';
import type { Cert } from '../../src/protocol/bundle.ts';
import { decodeFrame } from '../../src/protocol/frame.ts';
import { decodeLeaf, leafSlot } from '../../src/protocol/leaf.ts';
import { encodeTask, type Task, taskIdOf } from '../../src/protocol/task.ts';
import { approve, fakeCommittee, Speaker, TIMERS } from '../consensus/fixture.ts';
import { SimDisk } from '../sim/sim-disk.ts';
import {
  type APPROVAL,
  certOf,
  frameOf,
  leavesFrame,
  peerWith,
  startNode,
  TestClock,
  type TestNetwork,
  type TestNode,
  taskOf,
} from './fixture.ts';
import { startNetwork } from './network.ts';

const committee = fakeCommittee();
const task = taskOf(1);
const taskBytes = encodeTask(task);
const taskId = taskIdOf(committee.networkId, committee.epoch, taskBytes);
const speaker = new Speaker(committee, taskId);
const keyOf = (index: number) => committee.validators[index]!.publicKey;

async function submit({ engine, clock }: TestNode, submitted: Task): Promise<string> {
  const promise = engine.submit(submitted);
  promise.catch(() => {}); // told to the one who awaits it below
  await clock.pass(TICK_MS_MAX);
  return promise;
}

/** Slots of the leaves that were broadcast, in order. */
function slotsOf({ broadcasts }: TestNetwork): string[] {
  return broadcasts.flatMap((frame) =>
    (decodeFrame(frame).batch?.leaves ?? []).map(({ leafBytes }) => leafSlot(decodeLeaf(leafBytes))),
  );
}

describe('a submitted task', () => {
  it('is durable before its id is given, announced with its body, judged and committed to', async () => {
    const node = await startNode({ committee });
    node.store.held = true;
    const promise = node.engine.submit(task);
    let given = false;
    void promise.then(() => (given = true));
    await node.clock.pass(TICK_MS_MAX);
    assert.equal(given, false);
    node.store.held = false;
    node.store.settle();
    await node.clock.pass(TICK_MS_MAX);
    assert.equal(await promise, taskId);
    assert.ok(node.store.disk.tasks.has(taskId));
    const [announcement] = node.network.broadcasts.flatMap((frame) => decodeFrame(frame).announcements);
    assert.deepEqual([announcement?.taskId, announcement?.origin, announcement?.size], [taskId, 0, taskBytes.length]);
    assert.deepEqual(Buffer.from(announcement!.body!), Buffer.from(taskBytes));
    assert.deepEqual(slotsOf(node.network), ['COMMIT/0']);
    assert.deepEqual(node.judged, [task]);
    node.engine.stop();
  });

  it('is one instance however often it is submitted', async () => {
    const node = await startNode({ committee });
    assert.equal(await submit(node, task), await submit(node, task));
    assert.equal(node.engine.openTasks.size, 1);
    assert.equal(node.judged.length, 1);
    node.engine.stop();
  });

  it('has its body fetched where it is too large to travel inside', async () => {
    const node = await startNode({ committee });
    const large = taskOf(2, { submission: { content: 'x'.repeat(70_000), evidence: [] } } as Partial<Task>);
    await submit(node, large);
    const [announcement] = node.network.broadcasts.flatMap((frame) => decodeFrame(frame).announcements);
    assert.equal(announcement!.body, null);
    node.engine.stop();
  });

  it('is refused by an observer, after its deadline, and after a stop, each with its code', async () => {
    const observer = await startNode({ committee, self: null });
    await assert.rejects(submit(observer, task), { code: 'OBSERVER', message: /submit to a validator/ });
    const node = await startNode({ committee });
    const late = taskOf(1, { deadline: Math.floor(node.clock.nowMs() / 1000) } as Partial<Task>);
    await assert.rejects(submit(node, late), { code: 'DEADLINE_PASSED', message: /^deadline: / });
    node.engine.stop();
    await assert.rejects(submit(node, task), { code: 'STOPPING' });
    observer.engine.stop();
  });

  it('that is decided already gives its id, to an observer too', async () => {
    const disk = new SimDisk('decided');
    disk.apply({ results: [{ taskId, certBytes: new Uint8Array() }] }, 0);
    const observer = await startNode({ committee, self: null, disk });
    assert.equal(await submit(observer, task), taskId);
    assert.equal(observer.engine.openTasks.size, 0);
    observer.engine.stop();
  });
});

describe('what arrives', () => {
  it('is rejected and held against its peer if it is no frame or not signed as it says, else passed on once', async () => {
    const node = await startNode({ committee });
    await submit(node, task);
    const commit = [{ leaf: speaker.commit(1, approve(1)).leaf, attachment: null }];
    assert.equal(node.engine.onFrame(Uint8Array.of(1, 2, 3), 'p'), 'reject');
    assert.equal(node.engine.onFrame(leavesFrame(fakeCommittee({ weights: [2, 2, 2, 2] }), 1, commit), 'p'), 'reject');
    assert.equal(node.engine.onFrame(leavesFrame(committee, 1, commit), 'p'), 'accept');
    assert.equal(node.engine.onFrame(leavesFrame(committee, 1, commit), 'p'), 'ignore', 'nothing new');
    assert.deepEqual(
      node.network.offences.map(({ offence }) => offence),
      ['malformed-frame', 'bad-signature'],
    );
    node.engine.stop();
    assert.equal(node.engine.onFrame(leavesFrame(committee, 1, commit), 'p'), 'ignore');
  });

  it('as leaves before their task: the task is fetched, and the leaves count', async () => {
    const node = await startNode({ committee });
    node.network.connect('peer', 2, (request) => {
      return request.kind === 'task' ? { kind: 'task', taskBytes } : { kind: 'push' };
    });
    for (const index of [1, 2]) {
      node.engine.onFrame(
        leavesFrame(committee, index, [{ leaf: speaker.commit(index, approve(index)).leaf, attachment: null }]),
        'peer',
      );
    }
    await node.clock.pass(TICK_MS_MAX);
    const { instance } = node.engine.openTasks.get(taskId)!;
    assert.deepEqual([...instance.commits.keys()].sort(), [0, 1, 2]);
    assert.equal(node.network.asked('task').length, 1);
    node.engine.stop();
  });

  it('as an announcement opens its task; with another body it is rejected', async () => {
    const origin = await startNode({ committee, self: 1 });
    await submit(origin, task);
    const announced = origin.network.broadcasts.find((frame) => decodeFrame(frame).announcements.length > 0)!;
    const [announcement] = decodeFrame(announced).announcements;
    const node = await startNode({ committee });
    const swapped = frameOf({ announcements: [{ ...announcement!, body: encodeTask(taskOf(5)) }] });
    assert.equal(node.engine.onFrame(swapped, 'p'), 'reject');
    const forged = frameOf({ announcements: [{ ...announcement!, origin: 2 }] });
    assert.equal(node.engine.onFrame(forged, 'p'), 'reject');
    assert.equal(node.engine.onFrame(announced, 'p'), 'accept');
    await node.clock.pass(TICK_MS_MAX);
    assert.ok(node.engine.openTasks.has(taskId));
    node.engine.stop();
    origin.engine.stop();
  });

  it('as a certificate decides an open task and an unknown one, and is told once it is durable', async () => {
    const told: string[] = [];
    const node = await startNode({ committee, events: { onDecided: (id) => void told.push(id) } });
    await submit(node, task);
    const certs = [certOf(committee, task), certOf(committee, taskOf(2))];
    node.store.held = true;
    node.engine.onFrame(frameOf({ bundles: certs }), 'p');
    await node.clock.pass(TICK_MS_MAX);
    assert.deepEqual(told, []);
    node.store.held = false;
    node.store.settle();
    await node.clock.pass(TICK_MS_MAX);
    assert.deepEqual([...told].sort(), certs.map((cert) => cert.taskId).sort());
    assert.equal(node.engine.openTasks.size, 0);
    assert.deepEqual(node.engine.onFrame(frameOf({ bundles: certs }), 'p'), 'ignore');
    await node.clock.pass(TICK_MS_MAX);
    assert.equal(told.length, 2, 'once');
    assert.equal(node.store.disk.entries.size, 0, 'the journal of decided tasks goes');
    node.engine.stop();
  });

  it('as a certificate that does not follow from itself is rejected', async () => {
    const node = await startNode({ committee });
    const wrong = certOf(committee, task, { outcome: 'APPROVED' });
    assert.equal(node.engine.onFrame(frameOf({ bundles: [wrong] }), 'p'), 'reject');
    await node.clock.pass(TICK_MS_MAX);
    assert.equal(node.store.disk.results.size, 0);
    node.engine.stop();
  });
});

describe('R24: a decided node', () => {
  async function decided() {
    const node = await startNode({ committee });
    node.engine.onFrame(frameOf({ bundles: [certOf(committee, task)] }), 'p');
    await node.clock.pass(TICK_MS_MAX);
    return node;
  }
  const commit = [{ leaf: speaker.commit(2, approve(2)).leaf, attachment: null }];

  it('tells a repeating peer the decision, directly, and not again for a moment', async () => {
    const node = await decided();
    for (let i = 0; i < 5; i++) node.engine.onFrame(leavesFrame(committee, 2, commit, true), 'p');
    await node.clock.pass(0);
    assert.deepEqual(
      node.network.sent.map(({ peer, frame }) => [peer, decodeFrame(frame).bundles[0]?.kind]),
      [[keyOf(2), 'CERT']],
    );
    await node.clock.pass(2_000);
    node.engine.onFrame(leavesFrame(committee, 2, commit, true), 'p');
    await node.clock.pass(0);
    assert.equal(node.network.sent.length, 2);
    node.engine.stop();
  });

  it('says nothing to what is no repeat', async () => {
    const node = await decided();
    node.engine.onFrame(leavesFrame(committee, 2, commit, false), 'p');
    await node.clock.pass(100);
    assert.deepEqual(node.network.sent, []);
    node.engine.stop();
  });

  it('answers after a restart too, and never opens a decided task again', async () => {
    const before = await decided();
    before.engine.stop();
    const node = await startNode({ committee, disk: before.store.disk });
    node.engine.onFrame(leavesFrame(committee, 2, commit, true), 'p');
    await node.clock.pass(100);
    assert.equal(node.network.sent.length, 1);
    assert.equal(await submit(node, task), taskId);
    assert.equal(node.engine.openTasks.size, 0);
    assert.deepEqual(slotsOf(node.network), []);
    node.engine.stop();
  });
});

describe('R29: a node that does not trust its journal', () => {
  it('follows what was open at its start, and what it sees first in its probation', async () => {
    const before = await startNode({ committee });
    await submit(before, task);
    before.engine.stop();
    const clock = new TestClock();
    const node = await startNode({ committee, disk: before.store.disk, clock, options: { untrustedJournal: true } });
    assert.ok(node.engine.trustedAfterMs > clock.nowMs());
    await submit(node, taskOf(2));
    await clock.pass(TIMERS.judgeBudgetMs);
    for (const { instance } of node.engine.openTasks.values()) assert.equal(instance.muted, true);
    assert.deepEqual(node.judged, []);
    await clock.pass(2 * TIMERS.observeMs);
    await submit(node, taskOf(3));
    assert.deepEqual(node.judged, [], 'nobody told yet what may be open under its key');
    for (const index of [1, 2]) node.network.connect(keyOf(index), index, peerWith([]));
    await clock.pass(4 * TIMERS.observeMs);
    await submit(node, taskOf(4));
    assert.deepEqual(node.judged, [taskOf(4)], 'afterwards it signs again');
    node.engine.stop();
    const again = await startNode({ committee, disk: before.store.disk, clock });
    const muted = [...again.engine.openTasks.values()].map(({ instance }) => instance.muted);
    assert.deepEqual(muted, [true, true, true, false], 'what was followed stays so after another restart');
    again.engine.stop();
  });

  it('is one whose journal cannot be read', async () => {
    const disk = new SimDisk('damaged');
    disk.entries.set(1, Uint8Array.of(1, 2, 3));
    disk.entries.set(2, encodeRecords([{ taskId, record: { kind: 'opened', firstSeenMs: 0, maySign: true } }]));
    disk.tasks.set(taskId, { taskId, taskBytes, firstSeenMs: 0 });
    const node = await startNode({ committee, disk });
    assert.ok(node.engine.trustedAfterMs > 0);
    assert.equal(node.engine.openTasks.get(taskId)!.instance.muted, true);
    assert.ok(node.logger.lines.some(({ level, message }) => level === 'error' && message.includes('journal')));
    node.engine.stop();
  });
});

describe('R28: a task whose body was lost', () => {
  it('waits with its records until the body is fetched, and is judged no second time', async () => {
    const before = await startNode({ committee });
    await submit(before, task);
    before.engine.stop();
    before.store.disk.tasks.clear();
    const node = await startNode({ committee, disk: before.store.disk });
    assert.equal(node.engine.openTasks.size, 0);
    node.network.connect('p', 1, (request) =>
      request.kind === 'task' ? { kind: 'task', taskBytes } : { kind: 'push' },
    );
    node.engine.onFrame(
      leavesFrame(committee, 1, [{ leaf: speaker.commit(1, approve(1)).leaf, attachment: null }]),
      'p',
    );
    await node.clock.pass(TICK_MS_MAX);
    assert.ok(node.engine.openTasks.has(taskId));
    assert.deepEqual(node.judged, []);
    assert.equal(node.engine.openTasks.get(taskId)!.instance.opening?.result.vote, 'approve');
    node.engine.stop();
  });
});

describe('a judge', () => {
  it('that fails or hangs makes an abstention with its reason, within the budget', async () => {
    const failing = await startNode({ committee, judge: () => Promise.reject(new Error('no model')) });
    await submit(failing, task);
    assert.equal(failing.engine.openTasks.get(taskId)!.instance.opening?.result.abstainReason, 'model_error');
    let aborted = false;
    const hanging = await startNode({
      committee,
      judge: (_task, signal) => {
        signal.addEventListener('abort', () => (aborted = true));
        return new Promise(() => {});
      },
    });
    await submit(hanging, task);
    assert.equal(hanging.engine.openTasks.get(taskId)!.instance.opening, null);
    await hanging.clock.pass(TIMERS.judgeBudgetMs);
    assert.equal(hanging.engine.openTasks.get(taskId)!.instance.opening?.result.abstainReason, 'timeout');
    assert.equal(aborted, true);
    for (const { engine } of [failing, hanging]) engine.stop();
  });

  it("is cut by the task's deadline, and stopped by a stop", async () => {
    let aborted = 0;
    const judge = (_task: Task, signal: AbortSignal) => {
      signal.addEventListener('abort', () => aborted++);
      return new Promise<typeof APPROVAL>(() => {});
    };
    const node = await startNode({ committee, judge });
    const soon = taskOf(1, { deadline: Math.floor(node.clock.nowMs() / 1000) + 2 } as Partial<Task>);
    const id = await submit(node, soon);
    await node.clock.pass(2_100);
    assert.equal(aborted, 1);
    assert.equal(node.engine.openTasks.get(id)!.instance.opening?.result.abstainReason, 'timeout');
    assert.deepEqual(slotsOf(node.network).slice(0, 2), ['COMMIT/0', 'CLOSE/0'], 'the deadline closes after it');
    await submit(node, taskOf(2));
    node.engine.stop();
    assert.equal(aborted, 2);
  });
});

describe('a whole network of engines', () => {
  it('decides the same core everywhere, with every report at every node', async () => {
    const { clock, engines, disks } = await startNetwork(committee, [{}, {}, { vote: 'reject', summary: 'No.' }, {}]);
    const promise = engines[2]!.submit(task);
    await clock.pass(20_000);
    assert.equal(await promise, taskId);
    const certs = await Promise.all(engines.map((engine) => engine.certificates.get(taskId)));
    const cores = new Set((certs as Cert[]).map(({ coreBytes }) => Buffer.from(coreBytes).toString('hex')));
    assert.equal(cores.size, 1);
    assert.ok(disks.every((disk) => disk.reports.size === 2 && disk.entries.size === 0));
    for (const engine of engines) engine.stop();
  });

  it('keeps evidence of an equivocation as bytes that prove it', async () => {
    const node = await startNode({ committee });
    await submit(node, task);
    for (const vote of ['approve', 'reject'] as const) {
      const opening = approve(1);
      const leaf = speaker.commit(1, { ...opening, result: { ...opening.result, vote } }).leaf;
      node.engine.onFrame(leavesFrame(committee, 1, [{ leaf, attachment: null }]), 'p');
    }
    await node.clock.pass(TICK_MS_MAX);
    assert.deepEqual(
      node.store.disk.evidence.map(({ taskId: id, validatorIndex, slot }) => [id, validatorIndex, slot]),
      [[taskId, 1, 'COMMIT/0']],
    );
    node.engine.stop();
  });
});
