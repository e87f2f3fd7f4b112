import assert from 'node:assert/strict';
import { EpochIndex } from '../../src/engine/epoch-index.ts';
import { EpochStore, WriteQueue } from '../../src/engine/epoch-store.ts';
import type { Store } from '../../src/engine/ports.ts';
import { createCommittee } from '../../src/protocol/committee.ts';
import { applyChange, proposeChange, signChange } from '../../src/protocol/epoch-change.ts';
import { encodeTask, taskIdOf } from '../../src/protocol/task.ts';
import { createMemoryStore } from '../../src/store/memory-store.ts';
import { bytesOf, describeStore, digestOf } from '../contract/store.ts';
import { genesisOf, signerOf, TASK } from '../node/result-fixture.ts';

const first = createCommittee(genesisOf(4));
const change = [0, 1, 2].reduce(
  (signed, index) => signChange(first, signed, signerOf(index)),
  proposeChange(first, genesisOf(5)),
);
const committees = [first, applyChange(first, change)];

/** Every epoch's view of one store. */
function viewsOf(store: Store): EpochStore[] {
  const shared = { store, index: new EpochIndex(committees, store), writes: new WriteQueue() };
  return committees.map(({ epoch }) => new EpochStore({ ...shared, epoch, journal: () => store.journal() }));
}

for (const epoch of [0, 1])
  describeStore(`epoch ${epoch} of a store`, async (clock) => viewsOf(createMemoryStore({ clock }))[epoch]!);

describe('the epochs of one store', () => {
  const store = createMemoryStore();
  const [former, latter] = viewsOf(store) as [EpochStore, EpochStore];

  it('number their journals apart', async () => {
    await former.write({ journal: { tick: 1, bytes: bytesOf('of epoch 0') } });
    await latter.write({ journal: { tick: 1, bytes: bytesOf('of epoch 1') } });
    for (const [epoch, view] of [former, latter].entries())
      assert.deepEqual(
        (await view.journal()).map(({ tick, bytes }) => [tick, Buffer.from(bytes).toString()]),
        [[1, `of epoch ${epoch}`]],
      );
    await latter.write({ dropJournal: [1] });
    assert.equal((await former.journal()).length, 1);
    assert.equal((await store.journal()).length, 1);
  });

  it('write at the same time, one after the other', async () => {
    await Promise.all([
      former.write({ journal: { tick: 2, bytes: bytesOf('a') } }),
      latter.write({ journal: { tick: 2, bytes: bytesOf('b') } }),
    ]);
    assert.equal((await store.journal()).length, 3);
  });

  it('hold their own results only; one whose epoch nothing tells any more is decided in all', async () => {
    const taskBytes = encodeTask(TASK);
    const [taskId, other] = committees.map(({ networkId, epoch }) => taskIdOf(networkId, epoch, taskBytes));
    await latter.write({
      tasks: [{ taskId: other!, taskBytes, firstSeenMs: 1 }],
      results: [
        { taskId: other!, certBytes: bytesOf('damaged, but the body tells') },
        { taskId: digestOf(1), certBytes: bytesOf('damaged') },
      ],
    });
    assert.equal(await former.hasResult(other!), false);
    assert.equal(await former.result(other!), undefined);
    assert.equal(await latter.hasResult(other!), true);
    for (const view of [former, latter]) assert.equal(await view.hasResult(digestOf(1)), true);
    for (const view of [former, latter]) assert.equal(await view.hasResult(taskId!), false);
  });
});
