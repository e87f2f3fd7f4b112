import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Backend } from '../../store/backend.ts';
import { DamageLog } from '../../store/damage-log.ts';
import { survey } from '../../store/examination.ts';
import { SCHEMA_VERSION } from '../../store/schema.ts';
import { createTables, type Tables } from '../../store/tables.ts';
import type { Facts } from './facts.ts';
import { type Finding, failure, ok, warning } from './finding.ts';
import { openReadOnly } from './read-only-database.ts';

/** Some hundred thousand values; what is beyond is checked when it is read. */
const READING_MS_MAX = 15_000;

const MENDING =
  'if files are damaged, check the disk (smartctl, dmesg) and start the node: it repairs them, fetches what is lost from its peers, and signs nothing for open tasks until then';
/** What is not to be opened here: an opening would hide from the node that its journal lost something, or end this process. */
const LOST: Partial<Record<Awaited<ReturnType<typeof survey>>, string>> = {
  headless: 'has files of a database, and not the one that names them (CURRENT)',
  'lost records': 'has a write-ahead log that lost records',
  deadly: 'is damaged so that LevelDB ends whoever reads it',
};

/** The database: by the node if it runs, else looked at here. */
export async function checkData(facts: Facts): Promise<Finding[]> {
  const { running, paths, config } = facts;
  if (running !== undefined) return [damageFinding(running.status.damagedValues, `held by this node, which runs`)];
  const isEmpty = (await readdir(paths.data).catch(() => [])).length === 0;
  if (isEmpty) return [ok('data', `${paths.data} is empty: the first start makes the database`)];
  const lost = LOST[await survey(paths.data, READING_MS_MAX)];
  if (lost !== undefined) return [failure('data', `${paths.data} ${lost}`, MENDING)];
  try {
    const backend = await openReadOnly(paths.data);
    return await examine(facts, backend).finally(() => backend.close());
  } catch (error) {
    return [unopened(error, paths.data, config.value?.config.rpc.port)];
  }
}

function unopened(error: unknown, path: string, rpcPort: number | undefined): Finding {
  const { code, message } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
  if (code === 'LEVEL_LOCKED') {
    const found = `${path} is in use by a process that does not answer as this node at its RPC port ${rpcPort ?? '(unknown)'}`;
    return failure('data', found, `stop it (fuser ${join(path, 'LOCK')} names it), or give this node its own home`);
  }
  return failure('data', `${path} cannot be opened (${message})`, `look at its owner and mode; ${MENDING}`);
}

async function examine({ key, signal }: Facts, backend: Backend): Promise<Finding[]> {
  const damage = new DamageLog();
  const tables = createTables(backend, damage);
  const version = await tables.meta.get('schemaVersion');
  const storeId = await tables.meta.get('storeId');
  if (version !== undefined && Number(version) > SCHEMA_VERSION)
    return [
      failure('data', `written by a newer pheme (schema ${version}, known ${SCHEMA_VERSION})`, 'use the newer one'),
    ];
  const { read, whole } = await readThrough(tables, signal);
  const found = `schema ${version ?? 'unknown'}, ${whole ? 'all' : 'the first'} ${read} values read`;
  const binding = key.value === undefined ? [] : bindingFinding(key.value.dataId, storeId);
  return [damageFinding(damage.count, found), ...binding];
}

async function readThrough(tables: Tables, signal: AbortSignal): Promise<{ read: number; whole: boolean }> {
  const endsMs = performance.now() + READING_MS_MAX;
  let read = 0;
  for (const table of [tables.meta, tables.journal, tables.results, tables.tasks, tables.reports, tables.evidence]) {
    for await (const _ of table.entries()) {
      signal.throwIfAborted();
      read += 1;
      if (performance.now() > endsMs) return { read, whole: false };
    }
  }
  return { read, whole: true };
}

function damageFinding(count: number, found: string): Finding {
  if (count === 0) return ok('data', `${found}, none damaged`);
  const remedy = 'the node fetches them again from its peers; if more appear, check the disk (smartctl, dmesg)';
  return warning('data', `${found}, ${count} damaged`, remedy);
}

function bindingFinding(dataId: string | null, storeId: string | undefined): Finding[] {
  if (dataId === null) return [ok('key and data', 'the key has not signed yet: the first start binds it to this data')];
  if (dataId === storeId) return [ok('key and data', 'the key signs for this data directory')];
  const remedy =
    'put the right data directory back; else the node follows without signing for a probation of some minutes, then goes on here';
  return [failure('key and data', 'the key has signed for another data directory than this', remedy)];
}
