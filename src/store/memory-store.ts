import { randomUUID } from 'node:crypto';
import { DamageLog } from './damage-log.ts';
import { createMemoryBackend } from './memory-backend.ts';
import { type StoreOptions, TableStore } from './store.ts';
import { createTables } from './tables.ts';

/** A store that keeps everything in memory: the twin of the real one, for networks within one process. */
export function createMemoryStore({ clock }: Pick<StoreOptions, 'clock'> = {}): TableStore {
  const backend = createMemoryBackend();
  const damage = new DamageLog();
  return new TableStore({ storeId: randomUUID(), backend, tables: createTables(backend, damage), damage, clock });
}
