import assert from 'node:assert/strict';
import { encodeRecords } from '../../src/engine/journal.ts';
import { recoverJournal } from '../../src/engine/recovery.ts';
import { createAuthenticator } from '../../src/protocol/authenticator.ts';
import { hash } from '../../src/protocol/hash.ts';
import { encodeTask, taskIdOf } from '../../src/protocol/task.ts';
import { approve, fakeCommittee } from '../consensus/fixture.ts';
import { NotingLogger, TestClock, TestStore, taskOf, verifiersOf } from './fixture.ts';

const committee = fakeCommittee();
const authenticator = createAuthenticator(committee, verifiersOf(committee));
const bodies = [1, 2, 3].map((number) => encodeTask(taskOf(number)));
const ids = bodies.map((taskBytes) => taskIdOf(committee.networkId, committee.epoch, taskBytes)) as [
  string,
  string,
  string,
];
const opened = (taskId: string, maySign = true) => ({
  taskId,
  record: { kind: 'opened', firstSeenMs: 5, maySign } as const,
});
const judged = (taskId: string) => ({ taskId, record: { kind: 'judged', opening: approve(0) } as const });
const closed = (taskId: string) => ({ taskId, record: { kind: 'closed', set: [] } as const });

function storeWith(entries: readonly (readonly [number, Uint8Array])[]) {
  const store = new TestStore(new TestClock());
  for (const [tick, bytes] of entries) store.disk.entries.set(tick, bytes);
  bodies.forEach((taskBytes, index) => {
    store.disk.tasks.set(ids[index]!, { taskId: ids[index]!, taskBytes, firstSeenMs: 5 });
  });
  return store;
}
const recover = (store: TestStore) => recoverJournal(store, authenticator, new NotingLogger());

describe('R28: the journal read back', () => {
  it('is empty at first', async () => {
    assert.deepEqual(await recover(storeWith([])), {
      nextTick: 1,
      tasks: [],
      givenUp: [],
      entries: [],
      damaged: false,
    });
  });

  it('gives each undecided task its records, in order, over all entries', async () => {
    const store = storeWith([
      [7, encodeRecords([opened(ids[0]), judged(ids[0]), opened(ids[1])])],
      [3, encodeRecords([opened(ids[2])])],
      [9, encodeRecords([closed(ids[0])])],
    ]);
    store.disk.results.set(ids[2], { taskId: ids[2], certBytes: new Uint8Array(), sequence: 1, storedAtMs: 0 });
    const { nextTick, tasks, entries, damaged } = await recover(store);
    assert.deepEqual([nextTick, damaged], [10, false]);
    assert.deepEqual(
      entries.map(({ tick }) => tick),
      [3, 7, 9],
    );
    assert.deepEqual(
      tasks.map(({ taskId, records, maySign, body }) => [taskId, records.map(({ kind }) => kind), maySign, body?.task]),
      [
        [ids[0], ['judged', 'closed'], true, taskOf(1)],
        [ids[1], [], true, taskOf(2)],
      ],
    );
  });

  it('keeps from signing what was followed only', async () => {
    const { tasks } = await recover(storeWith([[1, encodeRecords([opened(ids[0], false), opened(ids[1])])]]));
    assert.deepEqual(
      tasks.map(({ maySign }) => maySign),
      [false, true],
    );
  });

  it('says that it is damaged where an entry cannot be read, and reads the others', async () => {
    const { damaged, tasks, nextTick } = await recover(
      storeWith([
        [1, encodeRecords([opened(ids[0])])],
        [2, Uint8Array.of(0xff)],
      ]),
    );
    assert.deepEqual([damaged, tasks.length, nextTick], [true, 1, 3]);
  });

  it('gives a task without its body where that was lost', async () => {
    const store = storeWith([[1, encodeRecords([opened(hash('lost')), judged(hash('lost'))])]]);
    const { tasks } = await recover(store);
    assert.deepEqual([tasks[0]?.records.length, tasks[0]?.body], [1, undefined]);
  });
});
