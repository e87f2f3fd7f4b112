import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Backend } from '../../src/store/backend.ts';
import { DamageLog } from '../../src/store/damage-log.ts';
import { openLevelStore } from '../../src/store/level-store.ts';
import { createMemoryBackend } from '../../src/store/memory-backend.ts';
import { prepareSchema, SCHEMA_VERSION } from '../../src/store/schema.ts';
import { createTables } from '../../src/store/tables.ts';
import { bytesOf, digestOf, plain } from '../contract/store.ts';
import { removeFolders, temporaryFolder, withRaw } from './folder.ts';

interface Fixture {
  storeId: string;
  /** LevelDB's files, Base64. */
  files: Record<string, string>;
}

/** A database as the release before wrote it: two results, their tasks, a report, evidence and a journal entry. */
const { storeId, files } = JSON.parse(
  await readFile(new URL('fixtures/schema-1.json', import.meta.url), 'utf8'),
) as Fixture;

async function oldDatabase(): Promise<string> {
  const directory = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), Buffer.from(text, 'base64'));
  return directory;
}

function versionIn(directory: string): Promise<string> {
  return withRaw(directory, async (raw) =>
    Buffer.from((await raw.get(Buffer.from('mschemaVersion')))!.subarray(16)).toString(),
  );
}

describe('the database of the release before', () => {
  after(removeFolders);

  it('opens with all that it held, and keeps its id', async () => {
    const directory = await oldDatabase();
    const damage: unknown[] = [];
    const store = await openLevelStore({ directory, onDamage: (found) => damage.push(found) });
    assert.equal(store.storeId, storeId);
    assert.deepEqual(
      plain(await store.task(digestOf(1))),
      plain({ taskId: digestOf(1), firstSeenMs: 5.25, taskBytes: bytesOf('task 1') }),
    );
    assert.deepEqual(plain(await store.report(digestOf(11))), plain(bytesOf('report 11')));
    assert.deepEqual(
      plain(await store.results({ limit: 9, order: 'oldest' })),
      plain([
        { taskId: digestOf(1), certBytes: bytesOf('cert 1'), sequence: 1, storedAtMs: 1000 },
        { taskId: digestOf(2), certBytes: bytesOf('cert 2'), sequence: 2, storedAtMs: 2000 },
      ]),
    );
    assert.deepEqual(plain(await store.journal()), plain([{ tick: 8, bytes: bytesOf('tick 8') }]));
    assert.equal((await store.evidence(9)).length, 1);
    assert.equal(await store.pruned(digestOf(1)), undefined);
    assert.deepEqual(damage, []);
    await store.close();
  });

  it('has the new version from then on, and takes new results behind the old ones', async () => {
    const directory = await oldDatabase();
    const store = await openLevelStore({ directory });
    await store.write({ results: [{ taskId: digestOf(3), certBytes: bytesOf('cert 3') }] });
    assert.equal((await store.result(digestOf(3)))?.sequence, 3);
    await store.close();
    assert.equal(await versionIn(directory), String(SCHEMA_VERSION));
    const again = await openLevelStore({ directory });
    assert.deepEqual([again.storeId, again.resultCount()], [storeId, 3]);
    await again.close();
  });

  it('is taken over at the next start, if the first was interrupted', async () => {
    const memory = createMemoryBackend();
    const tables = createTables(memory, new DamageLog());
    await memory.apply([tables.meta.put('schemaVersion', '1'), tables.meta.put('storeId', storeId)]);
    const broken: Backend = { ...memory, apply: () => Promise.reject(new Error('the power went')) };
    const place = { place: '1', changed: false };
    await assert.rejects(prepareSchema(tables, broken, place), /the power went/);
    assert.equal(await tables.meta.get('schemaVersion'), '1');
    assert.equal(await prepareSchema(tables, memory, place), storeId);
    assert.equal(await tables.meta.get('schemaVersion'), String(SCHEMA_VERSION));
  });

  it('is refused where its version is none that this program knows', async () => {
    for (const version of ['0', '3', 'x']) {
      const memory = createMemoryBackend();
      const tables = createTables(memory, new DamageLog());
      await memory.apply([tables.meta.put('schemaVersion', version)]);
      await assert.rejects(prepareSchema(tables, memory, { place: '1', changed: false }), { code: 'DATA_NEWER' });
    }
  });
});
