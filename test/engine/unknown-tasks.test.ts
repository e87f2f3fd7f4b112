import assert from 'node:assert/strict';
import { createBackground } from '../../src/engine/background.ts';
import {
  LEAF_OVERHEAD_BYTES,
  UNKNOWN_BYTES_OF_ONE_MAX,
  UNKNOWN_LEAVES_MAX,
  UNKNOWN_TASK_MS,
  UNKNOWN_TASKS_MAX,
  UNKNOWN_TASKS_OF_ONE,
  UNKNOWN_TASKS_OF_ONE_MAX,
} from '../../src/engine/limits.ts';
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
    onFound: ({ taskId: id, leaves }) => void found.push({ taskId: id, leaves: leaves.length }),
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
    assert.deepEqual(
      unknown.take(taskId).map(({ digest }) => digest),
      [leaf.digest],
    );
    answer(body(taskBytes)());
    await clock.pass(0);
    assert.deepEqual(found, []);
  });

  it('holds a bounded number of leaves, of a bounded number of tasks', async () => {
    const { clock, network, unknown } = setUp();
    network.connect('a', 0, silent);
    for (let draw = 0; draw < UNKNOWN_LEAVES_MAX + 50; draw++)
      unknown.seek(taskId, 'a', speaker.commit(1, openingOf(1, {}, draw)));
    assert.equal(unknown.take(taskId).length, UNKNOWN_LEAVES_MAX);
    const sources = UNKNOWN_TASKS_MAX / UNKNOWN_TASKS_OF_ONE_MAX;
    for (let other = 0; other < UNKNOWN_TASKS_MAX; other++)
      unknown.seek(hash('task', other), `peer ${other % sources}`);
    unknown.seek(hash('one more'), 'another peer');
    await clock.pass(0);
    const before = network.requests.length;
    unknown.seek(hash('task', 0), 'a');
    await clock.pass(0);
    assert.equal(network.requests.length, before + 1, 'the oldest was dropped');
  });

  it('is looked for by one source only so often, and others find room', async () => {
    const { clock, network, unknown } = setUp();
    network.connect('a', 0, silent);
    network.connect('b', 1, silent);
    for (let other = 0; other < 5_000; other++) unknown.seek(hash('junk', other), 'a');
    await clock.pass(0);
    assert.equal(network.asked('task').length, UNKNOWN_TASKS_OF_ONE_MAX);
    unknown.seek(taskId, 'b', speaker.commit(2, approve(2)));
    await clock.pass(0);
    assert.equal(network.asked('task').filter((peer) => peer === 'b').length, 1);
    assert.equal(unknown.take(taskId).length, 1);
  });

  it('costs requests at a bounded rate where nobody has such tasks', async () => {
    const { clock, network, unknown } = setUp();
    network.connect('a', 0, body(null));
    for (let second = 0; second < 10; second++) {
      for (let other = 0; other < 1_000; other++) {
        unknown.seek(hash('junk', second, other), 'a');
        await clock.pass(0);
      }
      await clock.pass(1000);
    }
    const { burst, perSecond } = UNKNOWN_TASKS_OF_ONE;
    assert.ok(network.requests.length <= burst + 10 * perSecond, `${network.requests.length} requests`);
  });

  it('keeps bytes of one source within its share, whatever the leaves weigh', () => {
    const { network, unknown } = setUp();
    network.connect('a', 0, silent);
    let held = 0;
    for (let other = 0; other < UNKNOWN_TASKS_OF_ONE_MAX; other++) {
      const id = hash('heavy', other);
      const liar = new Speaker(committee, id);
      for (let draw = 0; draw < 20; draw++) unknown.seek(id, 'a', liar.commit(1, openingOf(1, {}, draw)));
      held += 20;
    }
    let kept = 0;
    for (let other = 0; other < UNKNOWN_TASKS_OF_ONE_MAX; other++) kept += unknown.take(hash('heavy', other)).length;
    assert.ok(kept > 100 && kept < held, `${kept} of ${held}`);
    assert.ok(kept * LEAF_OVERHEAD_BYTES <= UNKNOWN_BYTES_OF_ONE_MAX);
    unknown.seek(taskId, 'a', speaker.commit(1, approve(1)));
    assert.equal(unknown.take(taskId).length, 1, 'what was given back is free again');
  });

  it('is held against its signer where that has no such task, and against a peer that hands over another', async () => {
    const { clock, network, unknown } = setUp();
    const signer = committee.validators[1]!.publicKey;
    network.connect(signer, 1, body(null));
    network.connect('liar', 2, body(encodeTask(taskOf(2))));
    unknown.seek(taskId, signer, speaker.commit(1, approve(1)));
    await clock.pass(0);
    assert.deepEqual(network.offences, [
      { peer: 'liar', offence: 'lying-answer' },
      { peer: signer, offence: 'unknown-task' },
    ]);
  });

  it('is held against nobody where the signer is away', async () => {
    const { clock, network, unknown } = setUp();
    network.connect('relay', 2, body(null));
    unknown.seek(taskId, 'relay', speaker.commit(1, approve(1)));
    await clock.pass(0);
    assert.deepEqual(network.offences, []);
  });
});
