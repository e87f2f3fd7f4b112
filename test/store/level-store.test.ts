import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
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
    await setMeta(directory, 'schemaVersion', '3');
    await assert.rejects(openLevelStore({ directory }), { code: 'DATA_NEWER', message: /version 3.*knows 2/ });
    await setMeta(directory, 'schemaVersion', '2');
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
    assert.deepEqual(damaged, ['meta', 'meta', 'meta']);
    assert.equal(await reopened.hasResult(digestOf(1)), true);
    await reopened.close();
  });

  it('keeps its id from start to start, also after a kill', async () => {
    const { directory, storeId } = await filled();
    await writeFile(join(directory, 'IN_USE'), '1');
    const reopened = await openLevelStore({ directory });
    assert.equal(reopened.storeId, storeId);
    await reopened.close();
  });

  it('draws a new id for a copy, and the original keeps its own (R29)', async () => {
    const { directory, storeId } = await filled();
    const copy = join(await temporaryFolder(), 'copy');
    await cp(directory, copy, { recursive: true, preserveTimestamps: true });
    for (const [path, isSame] of [
      [copy, false],
      [directory, true],
    ] as const) {
      const store = await openLevelStore({ directory: path });
      assert.equal(store.storeId === storeId, isSame);
      assert.equal(await store.hasResult(digestOf(1)), true);
      await store.close();
    }
  });

  const harms: Record<string, (directory: string, log: string) => Promise<void>> = {
    'a turned bit in its log': async (directory, log) => {
      const bytes = await readFile(join(directory, log));
      bytes[20]! ^= 4;
      await writeFile(join(directory, log), bytes);
    },
    'a log that was cut short after an ordinary stop': async (directory, log) => truncate(join(directory, log), 50),
    'its log gone': (directory, log) => rm(join(directory, log)),
    'CURRENT gone': (directory) => rm(join(directory, 'CURRENT')),
    'CURRENT misnaming': (directory) => writeFile(join(directory, 'CURRENT'), 'MANIFEST-none\n'),
  };
  for (const [name, harm] of Object.entries(harms)) {
    it(`tells of ${name}, and draws a new id that outlasts the start (R29)`, async () => {
      const { directory, storeId } = await filled();
      await harm(directory, (await readdir(directory)).find((file) => file.endsWith('.log'))!);
      const damaged: string[] = [];
      const store = await openLevelStore({ directory, onDamage: ({ table }) => damaged.push(table) });
      assert.ok(damaged.includes('database'));
      assert.notEqual(store.storeId, storeId);
      await store.close();
      const again = await openLevelStore({ directory });
      assert.equal(again.storeId, store.storeId);
      assert.equal(again.damagedCount(), 0);
      await again.close();
    });
  }

  it('takes a record that a kill cut short for never written', async () => {
    const { directory, storeId } = await filled();
    const log = (await readdir(directory)).find((file) => file.endsWith('.log'))!;
    await truncate(join(directory, log), (await stat(join(directory, log))).size - 1);
    await writeFile(join(directory, 'IN_USE'), '1');
    const store = await openLevelStore({ directory });
    assert.equal(store.storeId, storeId);
    assert.equal(store.damagedCount(), 0);
    await store.close();
  });

  async function filled(): Promise<{ directory: string; storeId: string }> {
    const directory = await temporaryFolder();
    await (await openLevelStore({ directory })).close(); // its id goes to a table file
    const store = await openLevelStore({ directory });
    await store.write(everything);
    await store.close();
    return { directory, storeId: store.storeId };
  }
});

async function setMeta(directory: string, key: string, value: string): Promise<void> {
  await withRaw(directory, async (raw) => {
    const unused = {
      get: async () => undefined,
      entries: () => raw.iterator() as never,
      apply: async () => {},
      applyLazily: async () => {},
      compact: async () => {},
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
