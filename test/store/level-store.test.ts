import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openLevelStore } from '../../src/store/level-store.ts';
import { createTables } from '../../src/store/tables.ts';
import { bytesOf, describeStore, digestOf, plain } from '../contract/store.ts';
import { damageTable, flipLastByte, removeFolders, temporaryFolder, withRaw } from './folder.ts';

describeStore('openLevelStore', async (clock) => openLevelStore({ directory: await temporaryFolder(), clock }));

describe('openLevelStore', () => {
  after(removeFolders);

  const everything = {
    tasks: [{ taskId: digestOf(1), taskBytes: bytesOf('task'), firstSeenMs: 5 }],
    journal: { tick: 7, bytes: bytesOf('tick') },
    reports: [{ digest: digestOf(2), reportBytes: bytesOf('report') }],
    results: [{ taskId: digestOf(1), certBytes: bytesOf('cert') }],
    evidence: [{ taskId: digestOf(1), validatorIndex: 0, slot: 'COMMIT/0', evidenceBytes: bytesOf('evidence') }],
  };

  it('keeps everything over a restart', async () => {
    const directory = await temporaryFolder();
    const read = async (store: Awaited<ReturnType<typeof openLevelStore>>) => [
      store.storeId,
      plain(await store.task(digestOf(1))),
      plain(await store.journal()),
      plain(await store.report(digestOf(2))),
      plain(await store.results({ limit: 9, order: 'oldest' })),
      plain(await store.evidence(9)),
      store.resultCount(),
    ];
    const store = await openLevelStore({ directory });
    await store.write(everything);
    const before = await read(store);
    await store.close();
    const reopened = await openLevelStore({ directory });
    assert.deepEqual(await read(reopened), before);
    await reopened.write({ results: [{ taskId: digestOf(3), certBytes: bytesOf('next') }] });
    assert.equal((await reopened.result(digestOf(3)))?.sequence, 2);
    await reopened.close();
  });

  it('makes its folder for the owner only', async () => {
    const directory = join(await temporaryFolder(), 'home', 'data');
    await (await openLevelStore({ directory })).close();
    assert.equal((await stat(directory)).mode & 0o777, 0o700);
  });

  it('refuses a second opener, in this process and in another, and keeps the first safe from both', async () => {
    const directory = await temporaryFolder();
    const store = await openLevelStore({ directory });
    const refusal = { code: 'DATA_LOCKED', message: new RegExp(`${directory}.* in use .*stop that node`) };
    await assert.rejects(openLevelStore({ directory: join(directory, '..', directory.split('/').at(-1)!) }), refusal);
    assert.equal(await openElsewhere(directory), 'DATA_LOCKED');
    await store.write(everything);
    await store.close();
    assert.equal(await openElsewhere(directory), 'opened');
    await (await openLevelStore({ directory })).close();
  });

  it('says why it cannot open', async () => {
    const directory = join(await temporaryFolder(), 'file');
    await writeFile(directory, 'not a folder');
    await assert.rejects(openLevelStore({ directory }), { code: 'DATA_UNAVAILABLE', message: new RegExp(directory) });
  });

  it('refuses a database of a newer schema, and lets go of it', async () => {
    const directory = await temporaryFolder();
    await (await openLevelStore({ directory })).close();
    await setMeta(directory, 'schemaVersion', '2');
    await assert.rejects(openLevelStore({ directory }), { code: 'DATA_NEWER', message: /version 2.*knows 1/ });
    await setMeta(directory, 'schemaVersion', '1');
    await (await openLevelStore({ directory })).close();
  });

  it('draws a new id where its own was damaged', async () => {
    const directory = await temporaryFolder();
    const store = await openLevelStore({ directory });
    await store.write(everything);
    await store.close();
    await damageTable(directory, 'm', flipLastByte);
    const damaged: string[] = [];
    const reopened = await openLevelStore({ directory, onDamage: ({ table }) => damaged.push(table) });
    assert.notEqual(reopened.storeId, store.storeId);
    assert.deepEqual(damaged, ['meta', 'meta']);
    assert.equal(await reopened.hasResult(digestOf(1)), true);
    await reopened.close();
  });
});

async function setMeta(directory: string, key: string, value: string): Promise<void> {
  await withRaw(directory, async (raw) => {
    const unused = {
      get: async () => undefined,
      entries: () => raw.iterator() as never,
      apply: async () => {},
      close: async () => {},
    };
    const { meta } = createTables(unused, { add: () => {} } as never);
    const change = meta.put(key, value);
    await raw.put(change.key, change.value!);
  });
}

/** Opens the folder in a process of its own; gives the error's code, or `opened`. */
async function openElsewhere(directory: string): Promise<string> {
  const script = `
    import { openLevelStore } from ${JSON.stringify(new URL('../../src/store/level-store.ts', import.meta.url).href)};
    try {
      await (await openLevelStore({ directory: process.argv[1] })).close();
      console.log('opened');
    } catch (error) {
      console.log(error.code);
    }`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--no-warnings',
    '--input-type=module',
    '-e',
    script,
    directory,
  ]);
  return stdout.trim();
}
