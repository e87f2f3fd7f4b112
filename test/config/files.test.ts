import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJsonFile, readSmallFile, writeFileAtomic } from '../../src/config/files.ts';
import { useTempDirectory } from './temp-home.ts';

describe('config/files', () => {
  const directory = useTempDirectory();

  it('replaces a file whole, with its mode, and leaves nothing beside it', async () => {
    const path = join(directory(), 'file');
    await writeFileAtomic(path, 'one');
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => writeFileAtomic(path, `${index}`.repeat(10_000), 0o600)),
    );
    const text = await readFile(path, 'utf8');
    assert.ok(text.length % 10_000 === 0 && new Set(text.match(/../g)).size <= 2);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(directory()), ['file']);
  });

  it('leaves nothing behind when it cannot write', async () => {
    await assert.rejects(writeFileAtomic(join(directory(), 'none', 'file'), 'x'), { code: 'ENOENT' });
    await assert.rejects(writeFileAtomic(directory(), 'x'));
    assert.deepEqual(await readdir(directory()), []);
  });

  it('tells a missing file from one that cannot be read', async () => {
    assert.equal(await readSmallFile(join(directory(), 'none')), undefined);
    await assert.rejects(readSmallFile(directory()), { code: 'FILE_UNREADABLE' });
  });

  it('refuses a key that stands twice at any depth, also in files with tabs', () => {
    assert.deepEqual(parseJsonFile('{\n\t"a": [\n\t\t{"b": 1},\n\t\t{"b": 2}\n\t]\n}\n', 'x.json', 'CODE'), {
      a: [{ b: 1 }, { b: 2 }],
    });
    for (const text of ['{"a":1,"a":2}', '{"a":[{"b":1,"b":1}]}', '{"a":1,"\\u0061":2}', '{\n\t"a": 1,\n\t"a": 2\n}']) {
      assert.throws(
        () => parseJsonFile(text, 'x.json', 'CODE'),
        { code: 'CODE', message: /x\.json holds a key twice/ },
        text,
      );
    }
  });
});
