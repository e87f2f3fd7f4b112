import assert from 'node:assert/strict';
import { openLevelStore } from '../../src/store/level-store.ts';
import { createMemoryStore } from '../../src/store/memory-store.ts';
import type { TableStore } from '../../src/store/store.ts';
import { bytesOf, digestOf } from '../contract/store.ts';
import { removeFolders, temporaryFolder } from './folder.ts';

const STORES: [string, () => Promise<TableStore>][] = [
  ['openLevelStore', async () => openLevelStore({ directory: await temporaryFolder() })],
  ['createMemoryStore', async () => createMemoryStore()],
];

for (const [name, open] of STORES) {
  describe(`the side of ${name}`, () => {
    let store: TableStore;

    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());
    after(removeFolders);

    it('keeps the latest timeline of a task', async () => {
      assert.equal(await store.side.timeline(digestOf(1)), undefined);
      for (const text of ['first', 'second'])
        await store.side.keep({ timelines: [{ taskId: digestOf(1), bytes: bytesOf(text) }] });
      assert.equal(Buffer.from((await store.side.timeline(digestOf(1)))!).toString(), 'second');
    });

    it('puts a certificate in the place of one that is held, and makes no result of it else', async () => {
      await store.write({ results: [{ taskId: digestOf(1), certBytes: bytesOf('bare') }] });
      const before = await store.result(digestOf(1));
      const certificates = [1, 2].map((number) => ({ taskId: digestOf(number), certBytes: bytesOf('longer') }));
      await store.side.keep({ certificates });
      const after = await store.result(digestOf(1));
      assert.equal(Buffer.from(after!.certBytes).toString(), 'longer');
      assert.deepEqual([after!.sequence, after!.storedAtMs], [before!.sequence, before!.storedAtMs]);
      assert.equal(await store.hasResult(digestOf(2)), false);
      assert.equal(store.resultCount(), 1);
    });

    it('takes its writes while the engine writes', async () => {
      const writes = Array.from({ length: 20 }, (_, at) =>
        store.side.keep({ timelines: [{ taskId: digestOf(at), bytes: bytesOf(`${at}`) }] }),
      );
      await Promise.all([store.write({ results: [{ taskId: digestOf(1), certBytes: bytesOf('cert') }] }), ...writes]);
      assert.equal(Buffer.from((await store.side.timeline(digestOf(19)))!).toString(), '19');
    });
  });
}

describe('the side of openLevelStore over a restart', () => {
  after(removeFolders);

  it('is still there after an orderly close', async () => {
    const directory = await temporaryFolder();
    const store = await openLevelStore({ directory });
    await store.side.keep({ timelines: [{ taskId: digestOf(1), bytes: bytesOf('seen') }] });
    await store.close();
    const reopened = await openLevelStore({ directory });
    assert.equal(Buffer.from((await reopened.side.timeline(digestOf(1)))!).toString(), 'seen');
    await reopened.close();
  });
});
