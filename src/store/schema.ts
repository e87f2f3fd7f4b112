import { randomUUID } from 'node:crypto';
import { ValidationError } from '../protocol/errors.ts';
import type { Backend, Change } from './backend.ts';
import type { Tables } from './tables.ts';

/** The form of all tables; a higher one is refused. A lower one would be migrated here, but 1 is the first. */
export const SCHEMA_VERSION = 1;

/**
 * Reads what the database says of itself, and writes it where it is new. A record that was damaged is written anew:
 * every value checks itself, so the rest can be trusted without it. A new id only tells peers that their cursors
 * are worth nothing.
 * @returns the database's id
 * @throws ValidationError `DATA_NEWER`
 */
export async function prepareSchema({ meta }: Pick<Tables, 'meta'>, backend: Backend): Promise<string> {
  const changes: Change[] = [];
  const version = await meta.get('schemaVersion');
  if (version === undefined) changes.push(meta.put('schemaVersion', String(SCHEMA_VERSION)));
  else if (Number(version) !== SCHEMA_VERSION) throw newerError(version);
  let storeId = await meta.get('storeId');
  if (storeId === undefined) {
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
