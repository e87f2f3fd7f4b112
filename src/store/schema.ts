import { randomUUID } from 'node:crypto';
import { ValidationError } from '../protocol/errors.ts';
import type { Backend, Change } from './backend.ts';
import type { Tables } from './tables.ts';

/** The form of all tables; a higher one is refused, a lower one is taken over at opening. */
export const SCHEMA_VERSION = 2;

/**
 * Versions whose tables are read as they are: 1 knows no pruned tasks, and must not open a database that may hold some,
 * since it would fetch from peers what was dropped.
 */
const TAKEN_OVER = new Set(['1']);

/** What the database's files say of it. */
export interface Surroundings {
  /** What a copy does not share with its original. */
  place: string;
  /** Something of it may have been lost. */
  changed: boolean;
}

/**
 * Reads what the database says of itself, and writes it where it is new. A record that was damaged is written anew:
 * every value checks itself, so the rest can be trusted without it. A copy, and a database that lost something, gets a
 * new id: that tells peers that their cursors are worth nothing, and the key that it may have signed what is not here.
 * @returns the database's id
 * @throws ValidationError `DATA_NEWER`
 */
export async function prepareSchema(
  { meta }: Pick<Tables, 'meta'>,
  backend: Backend,
  { place, changed }: Surroundings,
): Promise<string> {
  const changes: Change[] = [];
  const version = await meta.get('schemaVersion');
  if (version === undefined || TAKEN_OVER.has(version)) changes.push(meta.put('schemaVersion', String(SCHEMA_VERSION)));
  else if (Number(version) !== SCHEMA_VERSION) throw newerError(version);
  let storeId = await meta.get('storeId');
  const placeBefore = await meta.get('place');
  if (placeBefore !== place) changes.push(meta.put('place', place));
  const isCopy = placeBefore !== undefined && placeBefore !== place;
  if (storeId === undefined || isCopy || changed) {
    storeId = randomUUID();
    changes.push(meta.put('storeId', storeId));
  }
  if (changes.length > 0) await backend.apply(changes);
  return storeId;
}

function newerError(version: string): ValidationError {
  const message = `the data directory has schema version ${version}, this program knows ${SCHEMA_VERSION}: use the newer program that wrote it`;
  return new ValidationError(message, 'DATA_NEWER', { version, known: SCHEMA_VERSION });
}
