import assert from 'node:assert/strict';
import { AWAY_MS, TICK_MS_MAX } from '../../src/engine/limits.ts';
import { encodeTask, taskIdOf } from '../../src/protocol/task.ts';
import { fakeCommittee, openingOf, Speaker, TIMERS } from '../consensus/fixture.ts';
import { leavesFrame, startNode, type TestNode, taskOf } from './fixture.ts';

const GRACE_MS = 5_000;
const committee = fakeCommittee({ rules: { timers: { ...TIMERS, graceMs: GRACE_MS, observeMs: 20_000 } } });
const task = taskOf(1);
const taskId = taskIdOf(committee.networkId, committee.epoch, encodeTask(task));
const speaker = new Speaker(committee, taskId);
const keyOf = (index: number) => committee.validators[index]!.publicKey;

describe('R23: an open task with three of four commitments', () => {
  let node: TestNode;
  const hasClosed = () => node.engine.openTasks.get(taskId)!.instance.own.has('CLOSE/0');

  /** @param connected positions of those that are there */
  async function committed(connected: readonly number[]): Promise<void> {
    node = await startNode({ committee });
    for (const index of connected) node.network.connect(keyOf(index), index);
    void node.engine.submit(task);
    await node.clock.pass(TICK_MS_MAX);
    for (const index of [1, 2]) {
      const { leaf, attachment } = speaker.commit(index, openingOf(index));
      node.engine.onFrame(leavesFrame(committee, index, [{ leaf, attachment }]), keyOf(index));
    }
  }
  afterEach(() => node.engine.stop());

  it('waits no longer than a moment for a fourth that is not connected', async () => {
    await committed([1, 2]);
    await node.clock.pass(AWAY_MS - TICK_MS_MAX);
    assert.equal(hasClosed(), false);
    await node.clock.pass(2 * TICK_MS_MAX);
    assert.equal(hasClosed(), true);
  });

  it('waits for one that is connected, as long as the rules say', async () => {
    await committed([1, 2, 3]);
    await node.clock.pass(GRACE_MS - TICK_MS_MAX);
    assert.equal(hasClosed(), false);
    await node.clock.pass(2 * TICK_MS_MAX);
    assert.equal(hasClosed(), true);
  });

  it('waits for one that comes back within the moment', async () => {
    await committed([1, 2]);
    await node.clock.pass(AWAY_MS / 2);
    node.network.connect(keyOf(3), 3);
    await node.clock.pass(GRACE_MS / 2);
    assert.equal(hasClosed(), false);
  });
});
