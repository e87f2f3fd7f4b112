import { copyFile, cp, mkdir } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { assertVacant } from '../config/home.ts';
import { homePaths } from '../config/home-paths.ts';
import type { Config } from '../config/load.ts';
import type { Notes } from '../engine/ports.ts';
import { openLevelStore } from '../store/level-store.ts';
import type { BackupItem, BackupSource } from './backup-source.ts';

/** The note in a copy's database: its key has signed elsewhere, and no journal says what. */
const RESTORED_NOTE = 'restored';

export interface BackupOptions {
  config: Config;
  /** Becomes a home; must not be one yet. */
  directory: string;
  /** Undefined where nothing was decided yet. */
  source: BackupSource | undefined;
  /** Also what was submitted, and what the models said of it. */
  withBodies: boolean;
  onProgress(results: number): void;
}

export interface BackupSummary {
  directory: string;
  results: number;
  bodies: number;
  reports: number;
  /** Files of the configuration that lie outside the home, and were not copied. */
  leftOut: string[];
}

/**
 * Copies a home: configuration, genesis, results, and the key last. There is no journal in it, so that it can never
 * be resumed: started, it follows only until all that its key may have signed is settled (R29).
 * @throws ValidationError HOME_EXISTS and what the source throws
 */
export async function writeBackup({
  config,
  directory,
  source,
  withBodies,
  onProgress,
}: BackupOptions): Promise<BackupSummary> {
  await assertVacant(directory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const summary = { directory, results: 0, bodies: 0, reports: 0, leftOut: [] as string[] };
  const from = homePaths(config.home);
  const to = homePaths(directory);
  await copyData(to.data, source, withBodies, (item) => {
    summary.results += 1;
    if (withBodies) summary.bodies += item.body === null ? 0 : 1;
    if (withBodies) summary.reports += item.reports.length;
    onProgress(summary.results);
  });
  await cp(from.models, to.models, { recursive: true }).catch(ignoreMissing);
  await cp(from.epochs, to.epochs, { recursive: true }).catch(ignoreMissing); // also what the key signed of them
  const { tokenFile, readTokenFile } = config.rpc;
  const { validatorKey } = config;
  const keyFile = validatorKey === undefined || /^[0-9a-f]{64}$/i.test(validatorKey) ? undefined : validatorKey;
  const files = [from.config, from.dotEnv, from.genesis, tokenFile, readTokenFile, from.keyBinding, keyFile, from.key];
  for (const file of files) {
    if (file !== undefined && !(await copyInto(config.home, directory, file)))
      summary.leftOut.push(resolve(config.home, file));
  }
  return summary;
}

/** False for what lies outside the home. */
async function copyInto(home: string, directory: string, file: string): Promise<boolean> {
  const path = resolve(home, file);
  const inside = relative(home, path);
  if (inside.startsWith('..') || isAbsolute(inside)) return false;
  await mkdir(dirname(join(directory, inside)), { recursive: true, mode: 0o700 });
  await copyFile(path, join(directory, inside)).catch(ignoreMissing);
  return true;
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

/** In the same order and with the same times; what was dropped there stays dropped. */
async function copyData(
  directory: string,
  source: BackupSource | undefined,
  withBodies: boolean,
  onItem: (item: BackupItem) => void,
): Promise<void> {
  let nowMs = Date.now();
  const store = await openLevelStore({ directory, clock: { nowMs: () => nowMs } });
  try {
    await store.notes.set(RESTORED_NOTE, 'a backup');
    if (source === undefined) return;
    await store.write({ evidence: await source.evidence() });
    for await (const item of source.items()) {
      const { taskId, certBytes, storedAtMs, body, reports, pruned } = item;
      nowMs = storedAtMs;
      const tasks = withBodies && body !== null ? [{ taskId, ...body }] : [];
      await store.write({ results: [{ taskId, certBytes }], tasks, reports: withBodies ? reports : [] });
      if (pruned?.bodyAtMs != null)
        await store.pruning.prune([{ taskId, body: true, timeline: false }], pruned.bodyAtMs);
      if (pruned?.reportsAtMs != null)
        await store.pruning.prune([{ taskId, body: false, reports: [], timeline: false }], pruned.reportsAtMs);
      onItem(item);
    }
  } finally {
    await store.close();
  }
}

/** True in a copy until {@link endRestoration}: its key may have signed what is not here. */
export async function isRestored(notes: Notes): Promise<boolean> {
  return ((await notes.get(RESTORED_NOTE)) ?? '') !== '';
}

/** The copy was a node of its own long enough. */
export function endRestoration(notes: Notes): Promise<void> {
  return notes.set(RESTORED_NOTE, '');
}
