import assert from 'node:assert/strict';
import { createBackground } from '../../src/engine/background.ts';
import { UNKNOWN_LEAVES_MAX, UNKNOWN_TASK_MS, UNKNOWN_TASKS_MAX } from '../../src/engine/limits.ts';
import { UnknownTasks } from '../../src/engine/unknown-tasks.ts';
import type { FetchAnswer } from '../../src/protocol/fetch.ts';
import { hash } from '../../src/protocol/hash.ts';
import { encodeTask, taskIdOf } from '../../src/protocol/task.ts';
import { approve, fakeCommittee, openingOf, Speaker } from '../consensus/fixture.ts';
import { NotingLogger, TestClock, TestNetwork, taskOf } from './fixture.ts';

const committee = fakeCommittee();
const task = taskOf(1);
const taskBytes = encodeTask(task);
const taskId = taskIdOf(committee.networkId, committee.epoch, taskBytes);
const speaker = new Speaker(committee, taskId);

function setUp() {
  const clock = new TestClock();
  const network = new TestNetwork();
  const logger = new NotingLogger();
  const found: { taskId: string; leaves: number }[] = [];
  const unknown = new UnknownTasks({
    committee,
    network,
    clock,
    logger,
    background: createBackground(logger),
    onFound: (_task, _bytes, id, leaves) => void found.push({ taskId: id, leaves: leaves.length }),
  });
  return { clock, network, found, unknown };
}

const body = (bytes: Uint8Array | null) => (): FetchAnswer => ({ kind: 'task', taskBytes: bytes });
const silent = () => new Promise<FetchAnswer>(() => {});

describe('R26: a task whose body is not here', () => {
  it('is fetched from the peer that spoke of it, and its leaves wait', async () => {
    const { clock, network, found, unknown } = setUp();
    let answer: (value: FetchAnswer) => void = () => {};
    network.connect('a', 0, () => new Promise((resolve) => (answer = resolve)));
    unknown.seek(taskId, 'a', speaker.commit(1, approve(1)));
    unknown.seek(taskId, 'b', speaker.commit(2, approve(2)));
    await clock.pass(0);
    assert.deepEqual(network.asked('task'), ['a'], 'once');
    answer(body(taskBytes)());
    await clock.pass(0);
    assert.deepEqual(found, [{ taskId, leaves: 2 }]);
  });

  it('is fetched from another peer where the first has nothing, is away, or lies', async () => {
    const { clock, network, found, unknown } = setUp();
    network.connect('empty', 1, body(null));
    network.connect('liar', 2, body(encodeTask(taskOf(2))));
    network.connect('honest', 3, body(taskBytes));
    unknown.seek(taskId, 'gone', speaker.commit(1, approve(1)));
    await clock.pass(0);
    assert.deepEqual(network.asked('task'), ['gone', 'empty', 'liar', 'honest']);
    assert.deepEqual(found, [{ taskId, leaves: 1 }]);
  });

  it('is given up when nobody has it, and looked for again when it is spoken of again', async () => {
    const { clock, network, found, unknown } = setUp();
    network.connect('a', 0, body(null));
    unknown.seek(taskId, 'a', speaker.commit(1, approve(1)));
    await clock.pass(0);
    assert.deepEqual(unknown.take(taskId), [], 'its leaves are dropped');
    network.answers.set('a', body(taskBytes));
    unknown.seek(taskId, 'a');
    await clock.pass(0);
    assert.equal(found.length, 1);
  });

  it('is not looked for beyond its time', async () => {
    const { clock, network, unknown } = setUp();
    let answer: (value: FetchAnswer) => void = () => {};
    network.connect('slow', 0, () => new Promise((resolve) => (answer = resolve)));
    network.connect('other', 1, body(taskBytes));
    unknown.seek(taskId, 'slow');
    await clock.pass(UNKNOWN_TASK_MS + 1);
    answer(body(null)());
    await clock.pass(0);
    assert.deepEqual(network.asked('task'), ['slow']);
  });

  it('that is no task is not looked for again', async () => {
    const { clock, network, found, unknown } = setUp();
    const junk = Uint8Array.of(1, 2, 3);
    const junkId = taskIdOf(committee.networkId, committee.epoch, junk);
    network.connect('a', 0, body(junk));
    for (let i = 0; i < 3; i++) {
      unknown.seek(junkId, 'a');
      await clock.pass(0);
    }
    assert.deepEqual([network.requests.length, found.length], [1, 0]);
  });

  it('found another way hands its leaves over, and a late answer changes nothing', async () => {
    const { clock, network, found, unknown } = setUp();
    let answer: (value: FetchAnswer) => void = () => {};
    network.connect('a', 0, () => new Promise((resolve) => (answer = resolve)));
    const leaf = speaker.commit(1, approve(1));
    unknown.seek(taskId, 'a', leaf);
    await clock.pass(0);
    assert.deepEqual(unknown.take(taskId), [leaf]);
    answer(body(taskBytes)());
    await clock.pass(0);
    assert.deepEqual(found, []);
  });

  it('holds a bounded number of leaves, of a bounded number of tasks', async () => {
    const { clock, network, unknown } = setUp();
    network.connect('a', 0, silent);
    for (let draw = 0; draw < UNKNOWN_LEAVES_MAX + 50; draw++)
      unknown.seek(taskId, 'a', speaker.commit(1, openingOf(1, {}, draw)));
    for (let other = 0; other < UNKNOWN_TASKS_MAX - 1; other++) unknown.seek(hash('task', other), 'a');
    assert.equal(unknown.take(taskId).length, UNKNOWN_LEAVES_MAX);
    const first = hash('task', 0);
    unknown.seek(taskId, 'a', speaker.commit(1, approve(1)));
    unknown.seek(hash('one more'), 'a');
    await clock.pass(0);
    const before = network.requests.length;
    unknown.seek(first, 'a');
    await clock.pass(0);
    assert.equal(network.requests.length, before + 1, 'the oldest was dropped');
  });
});
