import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { openLevelStore } from '../../src/store/level-store.ts';
import { createMemoryStore } from '../../src/store/memory-store.ts';
import type { TableStore } from '../../src/store/store.ts';
import { bytesOf, digestOf } from '../contract/store.ts';
import { removeFolders, temporaryFolder } from './folder.ts';

const TASK = { taskId: digestOf(1), taskBytes: bytesOf('the body'), firstSeenMs: 5 };
const REPORT = { digest: digestOf(2), reportBytes: bytesOf('the report') };
const RESULT = { taskId: digestOf(1), certBytes: bytesOf('the certificate') };
const ALL = { taskId: TASK.taskId, body: true, reports: [REPORT.digest], timeline: true };

/** Looks again where LevelDB moved files meanwhile, as it does in the background after an opening. */
async function holds(directory: string, text: Buffer): Promise<boolean> {
  for (;;) {
    const names = await readdir(directory);
    const files = await Promise.all(names.map((name) => readFile(join(directory, name)).catch(() => undefined)));
    if (files.some((bytes) => bytes?.includes(text))) return true;
    if (isDeepStrictEqual(await readdir(directory), names) && !files.includes(undefined)) return false;
  }
}

async function sizeOf(directory: string): Promise<number> {
  const sizes = (await readdir(directory)).map(async (name) => (await stat(join(directory, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

const openings: [string, () => Promise<TableStore>][] = [
  ['in memory', async () => createMemoryStore()],
  ['on disk', async () => openLevelStore({ directory: await temporaryFolder() })],
];

describe('what a store drops', () => {
  after(removeFolders);

  for (const [where, open] of openings) {
    it(`leaves the result, and is remembered (${where})`, async () => {
      const store = await open();
      await store.write({ tasks: [TASK], reports: [REPORT], results: [RESULT] });
      await store.side.keep({ timelines: [{ taskId: TASK.taskId, bytes: bytesOf('[]') }] });
      await store.pruning.prune([ALL], 77);
      assert.equal(await store.task(TASK.taskId), undefined);
      assert.equal(await store.report(REPORT.digest), undefined);
      assert.equal(await store.side.timeline(TASK.taskId), undefined);
      assert.equal((await store.result(TASK.taskId))?.sequence, 1);
      assert.deepEqual(await store.pruned(TASK.taskId), { bodyAtMs: 77, reportsAtMs: 77 });
      await store.close();
    });

    it(`does not come back by a later write (${where})`, async () => {
      const store = await open();
      await store.pruning.prune([{ ...ALL, reports: [] }], 77);
      await store.write({ tasks: [TASK, { ...TASK, taskId: digestOf(9) }] });
      assert.equal(await store.task(TASK.taskId), undefined);
      assert.notEqual(await store.task(digestOf(9)), undefined);
      await store.close();
    });

    it(`stays away though a write is under way (${where})`, async () => {
      const store = await open();
      const written = store.write({ tasks: [TASK] });
      const pruned = store.pruning.prune([ALL], 77);
      await written;
      const next = store.write({ tasks: [TASK] });
      await Promise.all([pruned, next]);
      assert.equal(await store.task(TASK.taskId), undefined);
      await store.close();
    });
  }

  it('has the time at which each part went, the first one', async () => {
    const store = createMemoryStore();
    await store.pruning.prune([{ taskId: TASK.taskId, body: true, timeline: false }], 1);
    assert.deepEqual(await store.pruned(TASK.taskId), { bodyAtMs: 1, reportsAtMs: null });
    await store.pruning.prune([ALL], 2);
    assert.deepEqual(await store.pruned(TASK.taskId), { bodyAtMs: 1, reportsAtMs: 2 });
  });

  it('survives a restart as dropped', async () => {
    const directory = await temporaryFolder();
    const store = await openLevelStore({ directory });
    await store.write({ tasks: [TASK] });
    await store.pruning.prune([ALL], 77);
    await store.close();
    const again = await openLevelStore({ directory });
    await again.write({ tasks: [TASK] });
    assert.equal(await again.task(TASK.taskId), undefined);
    await again.close();
  });

  it('can be read in no file any more, young or old', async () => {
    for (const restarts of [0, 1, 3]) {
      const directory = await temporaryFolder();
      const secret = randomBytes(64);
      let store = await openLevelStore({ directory });
      await store.write({ tasks: [{ ...TASK, taskBytes: secret }], results: [RESULT] });
      for (let restart = 0; restart < restarts; restart++) {
        await store.close();
        store = await openLevelStore({ directory });
      }
      assert.ok(await holds(directory, secret), 'else this test sees nothing');
      await store.pruning.prune([ALL], 77);
      await store.pruning.compact();
      assert.equal(await holds(directory, secret), false, `after ${restarts} restarts`);
      await store.close();
    }
  });

  it('gives its space back to the disk', async () => {
    const directory = await temporaryFolder();
    const store = await openLevelStore({ directory });
    const taskIds = Array.from({ length: 64 }, (_, number) => digestOf(number));
    for (const taskId of taskIds)
      await store.write({ tasks: [{ taskId, taskBytes: randomBytes(128 * 1024), firstSeenMs: 1 }] });
    const before = await sizeOf(directory);
    assert.ok(before > 8_000_000, `${before}`);
    await store.pruning.prune(
      taskIds.map((taskId) => ({ taskId, body: true, timeline: false })),
      2,
    );
    await store.pruning.compact();
    const after = await sizeOf(directory);
    assert.ok(after < before / 10, `${before} -> ${after}`);
    await store.close();
  });
});
