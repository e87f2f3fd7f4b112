import assert from 'node:assert/strict';
import { OPEN_RETRY_SECONDS, UNANNOUNCED_TASKS_MAX } from '../../src/engine/limits.ts';
import { TaskQuota } from '../../src/engine/task-quota.ts';
import { decodeFrame } from '../../src/protocol/frame.ts';
import { hash } from '../../src/protocol/hash.ts';
import { encodeTask, taskIdOf } from '../../src/protocol/task.ts';
import { approve, fakeCommittee, Speaker } from '../consensus/fixture.ts';
import { SimDisk } from '../sim/sim-disk.ts';
import { certOf, frameOf, leavesFrame, startNode, taskOf } from './fixture.ts';

const committee = fakeCommittee();
const LIMITS = { taskTtlMs: 60_000, openTasksPerOrigin: 3, openBytesPerOrigin: 10_000 };

function idOf(number: number) {
  return taskIdOf(committee.networkId, committee.epoch, encodeTask(taskOf(number)));
}

describe('TaskQuota', () => {
  it('bounds the tasks of one origin, and leaves the others room', () => {
    const quota = new TaskQuota(LIMITS);
    for (let n = 0; n < 3; n++) quota.opened(hash('a', n), 1, 100);
    assert.match(quota.refusal(1, 100) ?? '', /3 tasks of one origin/);
    assert.equal(quota.refusal(2, 100), undefined);
    quota.closed(hash('a', 0));
    quota.closed(hash('a', 0));
    assert.equal(quota.refusal(1, 100), undefined);
  });

  it('bounds their bytes', () => {
    const quota = new TaskQuota(LIMITS);
    quota.opened(hash('a'), 1, 9_000);
    assert.match(quota.refusal(1, 1_001) ?? '', /have 9000 bytes/);
    assert.equal(quota.refusal(1, 1_000), undefined);
  });

  it('charges nobody for tasks whose announcement did not come', () => {
    const quota = new TaskQuota(LIMITS);
    for (let n = 0; n < UNANNOUNCED_TASKS_MAX; n++) quota.opened(hash('b', n), undefined, 1);
    assert.notEqual(quota.refusal(undefined, 1), undefined);
    for (const origin of [0, 1, 2, 3]) assert.equal(quota.refusal(origin, 1), undefined);
  });
});

describe('quotas of an engine', () => {
  it('refuse a client with a word when to come back, and take it again when tasks are decided', async () => {
    const node = await startNode({ committee, options: { limits: LIMITS } });
    const submit = async (number: number) => {
      const submitted = node.engine.submit(taskOf(number));
      submitted.catch(() => {});
      await node.clock.pass(30);
      return submitted;
    };
    for (let n = 0; n < 3; n++) await submit(n);
    await assert.rejects(submit(3), { code: 'TOO_MANY_TASKS', details: { retryAfterSeconds: OPEN_RETRY_SECONDS } });
    assert.equal(await submit(0), idOf(0), 'a known one is no new one');
    node.engine.onFrame(frameOf({ bundles: [certOf(committee, taskOf(0))] }), 'p');
    await node.clock.pass(30);
    assert.equal(await submit(3), idOf(3));
    node.engine.stop();
  });

  it('hold for what another validator announces, and for nobody else', async () => {
    const spammer = await startNode({ committee, self: 1 });
    const honest = await startNode({ committee, self: 2 });
    const node = await startNode({ committee, options: { limits: LIMITS } });
    const announced = async (from: typeof spammer, number: number) => {
      void from.engine.submit(taskOf(number));
      await from.clock.pass(30);
      const frames = from.network.broadcasts.filter((frame) => decodeFrame(frame).announcements.length > 0);
      return frames.at(-1)!;
    };
    for (let n = 0; n < 20; n++) node.engine.onFrame(await announced(spammer, n), 'p');
    await node.clock.pass(30);
    assert.equal(node.engine.openTasks.size, LIMITS.openTasksPerOrigin);
    node.engine.onFrame(await announced(honest, 100), 'p');
    await node.clock.pass(30);
    assert.ok(node.engine.openTasks.has(idOf(100)));
    for (const { engine } of [spammer, honest, node]) engine.stop();
  });
});

describe('R28: a task that stays undecided', () => {
  const task = taskOf(1);
  const speaker = new Speaker(committee, idOf(1));

  async function startAndGiveUp(disk = new SimDisk('given up')) {
    const node = await startNode({ committee, options: { limits: LIMITS }, disk });
    void node.engine.submit(task);
    await node.clock.pass(LIMITS.taskTtlMs - 1_000);
    const whileOpen = node.engine.openTasks.size;
    const broadcasts = node.network.broadcasts.length;
    await node.clock.pass(5_000);
    return { node, disk, whileOpen, broadcasts };
  }

  it('is given up at the end of its life: nothing of it is held or said any more, but that', async () => {
    const { node, disk, whileOpen } = await startAndGiveUp();
    assert.deepEqual([whileOpen, node.engine.openTasks.size], [1, 0]);
    const said = node.network.broadcasts.length;
    node.engine.onFrame(
      leavesFrame(committee, 2, [{ leaf: speaker.commit(2, approve(2)).leaf, attachment: null }]),
      'p',
    );
    await node.clock.pass(60_000);
    assert.deepEqual([node.engine.openTasks.size, node.network.broadcasts.length], [0, said]);
    assert.equal(node.network.asked('task').length, 0, 'nor looked for');
    assert.equal(disk.entries.size, 1, 'one entry of the journal keeps that');
    await assert.rejects(node.engine.submit(task), { code: 'TASK_GIVEN_UP', message: /another attempt/ });
    node.engine.stop();
  });

  it('stays given up after a restart, and the model is not asked again', async () => {
    const { node, disk } = await startAndGiveUp();
    node.engine.stop();
    const again = await startNode({ committee, options: { limits: LIMITS }, disk });
    again.network.connect('peer', 2, () => ({ kind: 'task', taskBytes: encodeTask(task) }));
    again.engine.onFrame(
      leavesFrame(committee, 2, [{ leaf: speaker.commit(2, approve(2)).leaf, attachment: null }]),
      'peer',
    );
    await again.clock.pass(1_000);
    assert.deepEqual([again.engine.openTasks.size, again.judged.length], [0, 0]);
    assert.ok(again.engine.givenUp.has(idOf(1)));
    again.engine.stop();
  });

  it('is decided all the same where a certificate comes', async () => {
    const { node, disk } = await startAndGiveUp();
    node.engine.onFrame(frameOf({ bundles: [certOf(committee, task)] }), 'p');
    await node.clock.pass(1_000);
    assert.equal(disk.results.size, 1);
    assert.deepEqual([node.engine.givenUp.size, disk.entries.size], [0, 0]);
    node.engine.stop();
  });

  it('ends though it was only followed, as after two lost databases within one probation', async () => {
    const node = await startNode({ committee, options: { limits: LIMITS, untrustedJournal: true } });
    void node.engine.submit(task);
    await node.clock.pass(LIMITS.taskTtlMs + 1_000);
    assert.equal(node.engine.openTasks.size, 0);
    node.engine.stop();
  });

  it('lives as long after its deadline', async () => {
    const node = await startNode({ committee, options: { limits: LIMITS } });
    const deadline = Math.floor(node.clock.nowMs() / 1000) + 300;
    void node.engine.submit(taskOf(2, { deadline } as never));
    await node.clock.pass(300_000 + LIMITS.taskTtlMs - 1_000);
    assert.equal(node.engine.openTasks.size, 1);
    await node.clock.pass(2_000);
    assert.equal(node.engine.openTasks.size, 0);
    node.engine.stop();
  });
});
