import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Histogram, type Registry } from 'prom-client';
import type { RetentionCounts } from '../retention.ts';
import type { ValidatorNode } from '../validator-node.ts';
import { readMetrics } from './read-metrics.ts';

/** From a disk with a battery behind it to one that hardly keeps up. */
const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

export interface StorageFacts {
  /** Where the database is; null in memory. */
  dataFolder: string | null;
  freeBytes(folder: string): Promise<number>;
}

/** Whether the database takes writes, how fast, and how much room is left. */
export function registerStorageMetrics(registry: Registry, node: ValidatorNode, facts: StorageFacts): void {
  const { gauge } = readMetrics(registry);
  const { dataFolder, freeBytes } = facts;
  gauge('pheme_damaged_values', 'Stored values found damaged since the start', () => node.store.damagedCount());
  gauge('pheme_database_writable', '1 while the database takes writes', () =>
    node.engine.writeFault === undefined ? 1 : 0,
  );
  if (dataFolder !== null) {
    gauge('pheme_database_bytes', 'Size of the database on disk', () => bytesOf(dataFolder));
    gauge('pheme_disk_free_bytes', 'Free space where the database is', () => freeBytes(dataFolder));
  }
  const writes = new Histogram({
    name: 'pheme_database_write_seconds',
    help: 'Time of a synced write, failed tries included',
    buckets: SECONDS,
    registers: [registry],
  });
  node.watch({
    onTick: ({ writeMs }) => {
      if (writeMs !== null) writes.observe(writeMs / 1000);
    },
  });
}

/** What retention and `pheme forget` dropped. */
export function registerPruningMetrics(registry: Registry, { counts }: { readonly counts: RetentionCounts }): void {
  const { counters } = readMetrics(registry);
  const help = 'Bodies and reports dropped by age, and tasks forgotten, since the start';
  counters('pheme_pruned_total', help, 'what', () => ({ ...counts }));
}

/** Files that LevelDB removes meanwhile count as nothing. */
async function bytesOf(folder: string): Promise<number> {
  const sizes = (await readdir(folder)).map((name) =>
    stat(join(folder, name)).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
