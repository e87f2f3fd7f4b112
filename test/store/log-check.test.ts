import assert from 'node:assert/strict';
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { openLevelStore } from '../../src/store/level-store.ts';
import { isHeadless, logStateOf } from '../../src/store/log-check.ts';
import { bytesOf, digestOf } from '../contract/store.ts';
import { removeFolders, temporaryFolder } from './folder.ts';

/** A report that takes several of the log's blocks, among small ones. */
const REPORT_BYTES = [10, 100_000, 32_761, 32_754, 1, 5_000];

async function closedDatabase(): Promise<{ directory: string; log: string }> {
  const directory = await temporaryFolder();
  const store = await openLevelStore({ directory });
  for (const [number, length] of REPORT_BYTES.entries()) {
    await store.write({ reports: [{ digest: digestOf(number), reportBytes: bytesOf('x'.repeat(length)) }] });
  }
  await store.close();
  const log = (await readdir(directory)).find((name) => name.endsWith('.log'))!;
  return { directory, log: join(directory, log) };
}

describe("a database's log", function () {
  this.timeout(20_000);
  after(removeFolders);

  it('is whole as LevelDB leaves it, and before there is one', async () => {
    const { directory } = await closedDatabase();
    assert.equal(await logStateOf(directory), 'whole');
    assert.equal(await logStateOf(await temporaryFolder()), 'whole');
    assert.equal(await isHeadless(directory), false);
    assert.equal(await isHeadless(await temporaryFolder()), false);
  });

  it('is not whole with any bit of any record turned', async () => {
    const { directory, log } = await closedDatabase();
    const whole = await readFile(log);
    const property = fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(7), async (at, bit) => {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 1 << bit;
      await writeFile(log, damaged);
      assert.notEqual(await logStateOf(directory), 'whole');
    });
    await fc.assert(property, { numRuns: 60 });
  });

  it('is broken by a page of zeros, and torn by an end within a record', async () => {
    const { directory, log } = await closedDatabase();
    const whole = await readFile(log);
    await writeFile(log, Buffer.from(whole).fill(0, 4_096, 8_192));
    assert.equal(await logStateOf(directory), 'broken');
    await writeFile(log, whole);
    await truncate(log, whole.length - 1);
    assert.equal(await logStateOf(directory), 'torn');
  });

  it('is broken if it is gone; and without CURRENT nothing names the rest', async () => {
    const { directory, log } = await closedDatabase();
    await rm(log);
    assert.equal(await logStateOf(directory), 'broken');
    await rm(join(directory, 'CURRENT'));
    assert.equal(await isHeadless(directory), true);
  });
});
