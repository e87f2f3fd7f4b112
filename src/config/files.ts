import { randomBytes } from 'node:crypto';
import { type FileHandle, link, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { platform } from 'node:os';
import { dirname } from 'node:path';
import { parseDocument } from 'yaml';
import { ValidationError } from '../protocol/errors.ts';

/** Configuration, genesis and keys are small; larger is another file taken by mistake. */
const CONFIG_BYTES_MAX = 1024 * 1024;

const POSIX = platform() !== 'win32';
/** Permission bits of group and others. */
const OTHERS = 0o077;

/** Refuses a secret's file that others can read. POSIX modes; elsewhere the platform's own rules hold. */
export async function assertPrivate(path: string, code = 'FILE_MODE'): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & OTHERS) === 0 || !POSIX) return;
  const shown = (mode & 0o777).toString(8).padStart(4, '0');
  const message = `${path} holds a secret but its mode is ${shown}, so others can read it: run chmod 600 ${quoted(path)}, and replace the secret if others may have read it`;
  throw new ValidationError(message, code, { path, mode: shown });
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** Text of a small file, or undefined if there is none. */
export async function readSmallFile(path: string): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    if (size > CONFIG_BYTES_MAX)
      throw new ValidationError(`${path} is ${size} bytes, at most ${CONFIG_BYTES_MAX} are read`, 'FILE_TOO_LARGE', {
        path,
      });
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (error instanceof ValidationError) throw error;
    throw new ValidationError(
      `${path} cannot be read: ${(error as Error).message}`,
      'FILE_UNREADABLE',
      { path },
      error,
    );
  }
}

/**
 * Parses JSON strictly: a key that stands twice is a fault, since two readers could take two different values.
 * @throws ValidationError with `code`
 */
export function parseJsonFile(text: string, path: string, code: string): unknown {
  const value = parseJson(text, path, code);
  const twice = parseDocument(text, { schema: 'json', uniqueKeys: true }).errors.find(
    (error) => error.code === 'DUPLICATE_KEY',
  );
  if (twice === undefined) return value;
  throw new ValidationError(`${path} holds a key twice (line ${twice.linePos?.[0].line ?? '?'}): keep one`, code, {
    path,
  });
}

function parseJson(text: string, path: string, code: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The engine's own message quotes the text, which may hold a secret.
    throw new ValidationError(`${path} is not JSON: correct it or restore it from a backup`, code, { path });
  }
}

/** Writes a whole file or nothing: a reader, or a crash, sees the old text or the new one. */
export function writeFileAtomic(path: string, text: string | Uint8Array, mode = 0o644): Promise<void> {
  return writeThrough(path, text, mode, rename);
}

/** The same for a file that must not be there yet: of two writers one fails, with EEXIST. */
export function writeNewFile(path: string, text: string | Uint8Array, mode = 0o644): Promise<void> {
  return writeThrough(path, text, mode, link);
}

/** Writes beside the path, and puts what is safe on the disk in its place. */
async function writeThrough(
  path: string,
  text: string | Uint8Array,
  mode: number,
  put: (from: string, to: string) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const file = await open(temporary, 'wx', mode);
  try {
    await writeSynced(file, text);
    await put(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
  await syncDirectory(dirname(path));
}

async function writeSynced(file: FileHandle, text: string | Uint8Array): Promise<void> {
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  if (!POSIX) return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
