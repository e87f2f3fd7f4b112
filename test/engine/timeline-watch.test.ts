import assert from 'node:assert/strict';
import { createInstance } from '../../src/consensus/state.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { TimelineEntry } from '../../src/engine/ports.ts';
import { encodeTask, taskIdOf } from '../../src/protocol/task.ts';
import { approve, fakeCommittee, Speaker, TIMERS } from '../consensus/fixture.ts';
import { leavesFrame, startNode, taskOf } from './fixture.ts';
import { startNetwork } from './network.ts';

const committee = fakeCommittee();
const idOf = (number: number) => taskIdOf(committee.networkId, committee.epoch, encodeTask(taskOf(number)));

/** Submits a task to the first of four engines, and lets it be decided everywhere. */
async function decided(number = 1, silent?: number) {
  const world = await startNetwork(committee);
  if (silent !== undefined) world.engines[silent]!.stop();
  const other = world.engines.findIndex((_, index) => index !== silent);
  const submitted = world.engines[other]!.submit(taskOf(number));
  await world.clock.pass(30_000);
  const taskId = await submitted;
  const timelineOf = (engine: Engine) => engine.records.timelines.get(taskId);
  const timelines = await Promise.all(world.engines.map(timelineOf));
  for (const engine of world.engines) engine.stop();
  return { taskId, timelines, other };
}

const has = (timeline: readonly TimelineEntry[], event: TimelineEntry['event']) =>
  timeline.filter((entry) => entry.event === event);

describe('what an engine tells of a task', () => {
  it('is each stage once, in order, at every node', async () => {
    const { timelines } = await decided();
    for (const timeline of timelines) {
      for (const event of ['committed', 'closed', 'revealed'] as const)
        assert.deepEqual(
          has(timeline, event)
            .map(({ validatorIndex }) => validatorIndex)
            .sort(),
          [0, 1, 2, 3],
          event,
        );
      for (const event of [
        'seen',
        'judged',
        'round_started',
        'proposed',
        'prevoted',
        'precommitted',
        'decided',
      ] as const)
        assert.equal(has(timeline, event).length, 1, event);
      const order = ['seen', 'judged', 'round_started', 'proposed', 'prevoted', 'precommitted', 'decided'];
      const places = order.map((event) => timeline.findIndex((entry) => entry.event === event));
      assert.deepEqual(
        places,
        [...places].sort((a, b) => a - b),
      );
      for (const [at, { atMs }] of timeline.entries()) assert.ok(at === 0 || atMs >= timeline[at - 1]!.atMs);
    }
  });

  it('says how the task came', async () => {
    const { timelines } = await decided();
    assert.deepEqual(timelines.map((timeline) => timeline[0]?.note).slice(0, 1), ['from a client']);
    for (const timeline of timelines.slice(1))
      assert.match(timeline[0]!.note!, /^by (its announcement|what a validator)/);
  });

  it('names a proposer that was silent, and the round that its silence cost', async () => {
    const silent = 2;
    const number = Array.from({ length: 50 }, (_, at) => at).find(
      (at) => createInstance(committee, idOf(at), null).proposers[0] === silent,
    )!;
    const { timelines, other } = await decided(number, silent);
    const [ended] = has(timelines[other]!, 'round_ended');
    assert.deepEqual([ended?.round, ended?.reason, ended?.validatorIndex], [0, 'proposer_silent', silent]);
    assert.deepEqual(
      has(timelines[other]!, 'round_started').map(({ round }) => round),
      [0, 1],
    );
    assert.equal(has(timelines[other]!, 'decided')[0]?.round, 1);
  });

  it('holds a contradiction under the name of its author', async () => {
    const node = await startNode({ committee });
    const submitted = node.engine.submit(taskOf(1));
    await node.clock.pass(TIMERS.graceMs);
    const taskId = await submitted;
    const speaker = new Speaker(committee, taskId);
    const twice = [speaker.commit(1, approve(1)), speaker.commit(1, approve(2))];
    for (const leaf of twice)
      node.engine.onFrame(leavesFrame(committee, 1, [leaf]), committee.validators[1]!.publicKey);
    await node.clock.pass(100);
    const [contradiction] = has(await node.engine.records.timelines.get(taskId), 'equivocated');
    assert.equal(contradiction?.validatorIndex, 1);
    node.engine.stop();
  });
});
