import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from './durable-file.ts';

/**
 * Two small files beside LevelDB's own, which it passes over: how often the database was left without being closed, and
 * whether it is to count as another one. They outlast a crash at any instant.
 */

const IN_USE = 'IN_USE';
const CHANGED = 'CHANGED';

/** How often in a row the database was left without being closed. */
export async function uncleanEnds(directory: string): Promise<number> {
  return Number(await readFile(join(directory, IN_USE), 'utf8').catch(() => '0')) || 0;
}

/** Until it is marked as closed, every end counts as unclean; to be called before LevelDB may end the process. */
export async function markOpen(directory: string): Promise<void> {
  await writeDurably(join(directory, IN_USE), `${(await uncleanEnds(directory)) + 1}`);
}

export function markClosed(directory: string): Promise<void> {
  return rm(join(directory, IN_USE), { force: true });
}

/** Something of the database may be lost: its id is to be drawn anew, which whoever trusted it will notice. */
export function markChanged(directory: string): Promise<void> {
  return writeDurably(join(directory, CHANGED), '');
}

export async function isMarkedChanged(directory: string): Promise<boolean> {
  return (await readFile(join(directory, CHANGED)).catch(() => undefined)) !== undefined;
}

export function unmarkChanged(directory: string): Promise<void> {
  return rm(join(directory, CHANGED), { force: true });
}
