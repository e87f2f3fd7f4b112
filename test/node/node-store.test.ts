import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '../../src/engine/ports.ts';
import { openNodeStore } from '../../src/node/node-store.ts';

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

describe("a node's store", () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pheme-node-store-'));
    const { store } = await openNodeStore(directory, logger);
    await store.write({ journal: { tick: 1, bytes: Uint8Array.of(1, 2, 3) } });
    await store.close();
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('is trusted after an ordinary stop', async () => {
    const { store, journalDamaged } = await openNodeStore(directory, logger);
    assert.equal(journalDamaged, false);
    assert.equal((await store.journal()).length, 1);
    await store.close();
  });

  it('is not trusted once the database had to be repaired (R29)', async () => {
    await writeFile(join(directory, 'CURRENT'), 'MANIFEST-none\n');
    const { store, journalDamaged } = await openNodeStore(directory, logger);
    assert.equal(journalDamaged, true);
    await store.close();
  });
});
