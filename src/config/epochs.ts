import { join } from 'node:path';
import { committeesOf, type EpochChange, parseEpochChange } from '../protocol/epoch-change.ts';
import { ValidationError } from '../protocol/errors.ts';
import type { Genesis } from '../protocol/genesis.ts';
import { EPOCHS_MAX } from '../protocol/limits.ts';
import { parseJsonFile, readSmallFile } from './files.ts';
import { homePaths } from './home-paths.ts';

/** The file of one change in a home: `epochs/001.json`, `epochs/002.json`, ... */
export function epochPath(home: string, epoch: number): string {
  return join(homePaths(home).epochs, `${String(epoch).padStart(3, '0')}.json`);
}

/**
 * The changes that a home holds, from epoch 1; each is signed by a quorum of the epoch before.
 * @throws ValidationError INVALID_EPOCH, EPOCH_UNSIGNED, INVALID_GENESIS, with the file
 */
export async function loadEpochs(home: string, genesis: Genesis): Promise<EpochChange[]> {
  const changes: EpochChange[] = [];
  for (let epoch = 1; epoch <= EPOCHS_MAX; epoch++) {
    const path = epochPath(home, epoch);
    const text = await readSmallFile(path);
    if (text === undefined) break;
    try {
      changes.push(parseEpochChange(parseJsonFile(text, path, 'INVALID_EPOCH')));
      committeesOf(genesis, changes);
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error;
      const message = `${path}: ${error.message}; copy the file anew from an operator whose node runs under this epoch`;
      throw new ValidationError(message, error.code, { path }, error);
    }
  }
  return changes;
}
