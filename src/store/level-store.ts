import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DamageLog } from './damage-log.ts';
import { openLevelBackend } from './level-backend.ts';
import { isMarkedChanged, unmarkChanged } from './marks.ts';
import { prepareSchema } from './schema.ts';
import { type StoreOptions, TableStore } from './store.ts';
import { createTables } from './tables.ts';

export interface LevelStoreOptions extends StoreOptions {
  /** Made with its parents if missing, for its owner only. */
  directory: string;
}

/**
 * Opens the store of a node. One opener at a time, in this process and in all others.
 * @throws ValidationError `DATA_LOCKED`, `DATA_NEWER` or `DATA_UNAVAILABLE`
 */
export async function openLevelStore({ directory, onDamage, clock }: LevelStoreOptions): Promise<TableStore> {
  const damage = new DamageLog(onDamage);
  const backend = await openLevelBackend(directory, (found) => damage.report(found));
  try {
    const tables = createTables(backend, damage);
    const changed = await isMarkedChanged(directory);
    const storeId = await prepareSchema(tables, backend, { place: await placeOf(directory), changed });
    if (changed) await unmarkChanged(directory);
    const store = new TableStore({ storeId, backend, tables, damage, clock });
    await store.load();
    return store;
  } catch (error) {
    await backend.close();
    throw error;
  }
}

/** The file number of LevelDB's lock, which is made once: a copy of the folder has another. */
async function placeOf(directory: string): Promise<string> {
  const { ino } = await stat(join(directory, 'LOCK'), { bigint: true });
  return `${ino}`;
}
