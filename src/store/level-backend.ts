import { mkdir, realpath, statfs } from 'node:fs/promises';
import { Level } from 'level';
import { ValidationError } from '../protocol/errors.ts';
import type { Backend, Change, Damage, Entry, KeyRange } from './backend.ts';
import { mendIfDeadly } from './examination.ts';
import { hasLostRecords, isHeadless } from './log-check.ts';
import { markChanged, markClosed, markOpen, uncleanEnds } from './marks.ts';

type Database = Level<Uint8Array, Uint8Array>;

/** Ends in a row without closing after which the database itself is suspected; kills and power cuts seldom come so. */
const DEADLY_ENDS = 2;

/** Entries read at once: few enough that a page of the largest values stays within some tens of MiB. */
const PAGE_ENTRIES = 64;

/**
 * Reads of one turn that are made at once, in this thread: each takes 8 microseconds where it waits for no disk, and to
 * hand even one to another thread takes 50.
 */
const READ_NOW_MAX = 4;

/**
 * Free space with which a reopening surely succeeds: it rewrites the log, at most two of LevelDB's 4 MiB buffers.
 * With less the database stays as it is, and what it holds can still be read.
 */
const REOPEN_BYTES = 16 * 1024 * 1024;

/**
 * Directories that this process holds. LevelDB's own lock belongs to the process: a second open here would fail,
 * and its failure would release the lock of the first.
 */
const heldDirectories = new Set<string>();

/**
 * Opens a LevelDB folder, made with its parents if missing. Files that LevelDB finds damaged are repaired
 * and reported as damage of the table `database`: what could not be read is then absent.
 * @throws ValidationError `DATA_LOCKED` if it is in use, `DATA_UNAVAILABLE` if it cannot be opened
 */
export async function openLevelBackend(directory: string, onDamage: (damage: Damage) => void): Promise<Backend> {
  const path = await makeDirectory(directory);
  if (heldDirectories.has(path)) throw lockedError(directory);
  heldDirectories.add(path);
  const onRepair = () => onDamage({ table: 'database', key: '' });
  try {
    const ends = await uncleanEnds(path);
    await markOpen(path);
    if (await isDamagedBeforeOpening(path, ends)) onRepair();
    const database: Database = new Level(path, { keyEncoding: 'view', valueEncoding: 'view' }); // opens by itself
    const backend = new LevelBackend(database, { onRepair, onClose: () => heldDirectories.delete(path) });
    await backend.open();
    return backend;
  } catch (error) {
    heldDirectories.delete(path);
    throw openError(error, directory);
  }
}

/**
 * Finds, and notes durably, what opening would not tell: records lost from the log, and a database on which LevelDB
 * ends the process, as that of a node which died several times in a row may be.
 */
async function isDamagedBeforeOpening(path: string, ends: number): Promise<boolean> {
  if (await isHeadless(path)) {
    await markChanged(path);
    await repair(path);
    return true;
  }
  const isHoled = await hasLostRecords(path, ends);
  if (isHoled) await markChanged(path);
  if (ends < DEADLY_ENDS) return isHoled;
  const mended = await mendIfDeadly(path);
  if (mended) await markChanged(path);
  return isHoled || mended;
}

async function makeDirectory(directory: string): Promise<string> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return await realpath(directory);
  } catch (error) {
    throw openError(error, directory);
  }
}

interface AskedRead {
  key: Uint8Array;
  resolve(value: Uint8Array | undefined): void;
  reject(reason: unknown): void;
}

/** LevelDB with two recoveries: repair after corruption, and a fresh log after a failed write. */
class LevelBackend implements Backend {
  readonly #database: Database;
  readonly #hooks: { onRepair: () => void; onClose: () => void };
  readonly #running = new Set<Promise<unknown>>();
  #recovery: Promise<void> | undefined;
  /** Counts recoveries, so that several operations that met one fault recover once. */
  #generation = 0;
  #logIsDoubtful = false;
  /** Reads that were asked for in this turn. */
  readonly #asked: AskedRead[] = [];

  constructor(database: Database, hooks: { onRepair: () => void; onClose: () => void }) {
    this.#database = database;
    this.#hooks = hooks;
  }

  async open(): Promise<void> {
    try {
      await this.#database.open();
    } catch (error) {
      if (!isDamage((error as Error).cause)) throw error;
      await this.#repairAndOpen();
    }
  }

  /** Many reads of one turn go to LevelDB in one call. */
  get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#asked.length === 0) queueMicrotask(() => void this.#readAsked());
      this.#asked.push({ key, resolve, reject });
    });
  }

  async #readAsked(): Promise<void> {
    const asked = this.#asked.splice(0);
    if (asked.length <= READ_NOW_MAX && this.#readNow(asked)) return;
    try {
      const values = await this.#run(() => this.#database.getMany(asked.map(({ key }) => key)));
      for (const [at, { resolve }] of asked.entries()) resolve(values[at]);
    } catch {
      // One value that cannot be read must not keep the others back.
      for (const { key, resolve, reject } of asked) this.#run(() => this.#database.get(key)).then(resolve, reject);
    }
  }

  /** False if the database is not open, or must be mended: then nothing was answered. */
  #readNow(asked: readonly AskedRead[]): boolean {
    if (this.#recovery !== undefined) return false;
    try {
      const values = asked.map(({ key }) => this.#database.getSync(key));
      for (const [at, { resolve }] of asked.entries()) resolve(values[at]);
      return true;
    } catch {
      return false;
    }
  }

  async *entries({ from, to, reverse = false }: KeyRange): AsyncIterable<Entry> {
    let rest: { gte?: Uint8Array; gt?: Uint8Array; lt: Uint8Array } = { gte: from, lt: to };
    for (;;) {
      const page = await this.#run(() => this.#database.iterator({ ...rest, reverse, limit: PAGE_ENTRIES }).all());
      for (const [key, value] of page) yield { key, value };
      if (page.length < PAGE_ENTRIES) return;
      const last = page.at(-1)![0];
      rest = reverse ? { gte: from, lt: last } : { gt: last, lt: to };
    }
  }

  apply(changes: readonly Change[]): Promise<void> {
    return this.#apply(changes, true);
  }

  applyLazily(changes: readonly Change[]): Promise<void> {
    return this.#apply(changes, false);
  }

  async compact({ from, to }: Pick<KeyRange, 'from' | 'to'>): Promise<void> {
    const database = this.#database as unknown as { compactRange(from: Uint8Array, to: Uint8Array): Promise<void> };
    await this.#run(() => database.compactRange(from, to));
  }

  async #apply(changes: readonly Change[], sync: boolean): Promise<void> {
    // After a failed write LevelDB's log may end in half a record, and what is written behind that would be lost
    // at the next start: opening anew begins a new log.
    if (this.#logIsDoubtful) await this.#beginNewLog();
    const batch = changes.map(({ key, value }) =>
      value === null ? { type: 'del' as const, key } : { type: 'put' as const, key, value },
    );
    try {
      await this.#run(() => this.#database.batch(batch, { sync }));
    } catch (error) {
      this.#logIsDoubtful = true;
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#running, this.#recovery]);
    await this.#database.close();
    await markClosed(this.#database.location);
    this.#hooks.onClose();
  }

  async #run<T>(operation: () => Promise<T>): Promise<T> {
    await this.#recovery;
    const generation = this.#generation;
    try {
      return await this.#track(operation());
    } catch (error) {
      if (!isDamage(error)) throw error;
      await this.#recover(generation, () => this.#repairAndOpen());
      return await this.#track(operation());
    }
  }

  async #track<T>(operation: Promise<T>): Promise<T> {
    this.#running.add(operation);
    try {
      return await operation;
    } finally {
      this.#running.delete(operation);
    }
  }

  async #recover(generation: number, reopen: () => Promise<void>): Promise<void> {
    if (generation !== this.#generation) return this.#recovery;
    this.#generation += 1;
    this.#recovery = (async () => {
      await Promise.allSettled(this.#running);
      await this.#database.close();
      await reopen();
      this.#logIsDoubtful = false;
    })();
    try {
      await this.#recovery;
    } finally {
      this.#recovery = undefined;
    }
  }

  async #beginNewLog(): Promise<void> {
    const { bavail, bsize } = await statfs(this.#database.location);
    if (bavail * bsize < REOPEN_BYTES) throw noSpaceError(this.#database.location);
    await this.#recover(this.#generation, () => this.#database.open());
  }

  async #repairAndOpen(): Promise<void> {
    await markChanged(this.#database.location);
    await repair(this.#database.location);
    this.#hooks.onRepair();
    await this.#database.open();
  }
}

/** In Node `Level` is classic-level's class; its static methods are missing from the type that `level` exports. */
function repair(location: string): Promise<void> {
  return (Level as unknown as { repair(location: string): Promise<void> }).repair(location);
}

/** Files that are cut short, or misnamed by a damaged CURRENT, show as errors of reading them. */
const MISREAD = /: (No such file or directory|Not a directory|Is a directory|Invalid argument)/;

function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'LEVEL_CORRUPTION' || (code === 'LEVEL_IO_ERROR' && MISREAD.test((error as Error).message));
}

function openError(error: unknown, directory: string): ValidationError {
  const cause = (error as Error).cause ?? error;
  if (codeOf(cause) === 'LEVEL_LOCKED') return lockedError(directory);
  const message = `the data directory ${directory} cannot be opened (${(cause as Error).message}): check its owner, mode and free space`;
  return new ValidationError(message, 'DATA_UNAVAILABLE', { directory }, cause);
}

function lockedError(directory: string): ValidationError {
  const message = `the data directory ${directory} is in use by another node: stop that node, or give this one its own directory`;
  return new ValidationError(message, 'DATA_LOCKED', { directory });
}

function noSpaceError(directory: string): ValidationError {
  const message = `the disk of the data directory ${directory} is full: free ${REOPEN_BYTES / 1024 / 1024} MiB or more, then the node goes on`;
  return new ValidationError(message, 'DATA_UNAVAILABLE', { directory });
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string } | undefined)?.code;
}
