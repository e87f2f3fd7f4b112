import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ClientBase } from 'pg';
import { ValidationError } from '../../protocol/errors.ts';

/** One SQL file a migration, `NNN-name.sql` from 001; from the sources and from the build alike. */
const FOLDER = fileURLToPath(new URL('../../../config/postgres/', import.meta.url));
/** Any number, the same in every version: nodes that start together migrate one after the other. */
const MIGRATION_LOCK = 7_435_701;

export interface Migration {
  /** From 1, without gaps. */
  number: number;
  name: string;
  sql: string;
}

export async function readMigrations(folder = FOLDER): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((name) => /^\d{3}-.+\.sql$/.test(name)).sort();
  return Promise.all(
    files.map(async (name) => ({
      number: Number(name.slice(0, 3)),
      name: name.slice(4, -'.sql'.length),
      sql: await readFile(`${folder}/${name}`, 'utf8'),
    })),
  );
}

/**
 * Brings the tables to this version, in one transaction: all of it or nothing.
 * @throws ValidationError DATABASE_NEWER if a newer version was here; the database's errors
 */
export async function migrate(client: ClientBase, migrations: readonly Migration[]): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    const present = await presentVersion(client);
    const known = migrations.at(-1)?.number ?? 0;
    if (present > known) throw newer(present, known);
    for (const migration of migrations.filter(({ number }) => number > present)) await apply(client, migration);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {}); // a lost connection has rolled back already
    throw error;
  }
}

/** Asks before it makes anything: a role that may only write rows is enough once the tables are there. */
async function presentVersion(client: ClientBase): Promise<number> {
  const found = await client.query("SELECT to_regclass('pheme.migrations') AS name");
  if (found.rows[0].name === null) {
    await client.query('CREATE SCHEMA IF NOT EXISTS pheme');
    await client.query(
      'CREATE TABLE pheme.migrations (number integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
    );
  }
  const { rows } = await client.query('SELECT coalesce(max(number), 0) AS number FROM pheme.migrations');
  return rows[0].number;
}

async function apply(client: ClientBase, { number, name, sql }: Migration): Promise<void> {
  await client.query(sql);
  await client.query('INSERT INTO pheme.migrations (number, name) VALUES ($1, $2)', [number, name]);
}

function newer(present: number, known: number): ValidationError {
  return new ValidationError(
    `the database's tables have version ${present}, this program knows up to ${known}: update pheme, or give database.url another database`,
    'DATABASE_NEWER',
    { present, known },
  );
}
