import { chmod, lstat, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ValidationError } from '../../protocol/errors.ts';
import type { Io } from '../io.ts';
import { git } from './git.ts';

/** The hook of this package; from the sources and from the build alike. */
export const HOOK_SCRIPT = fileURLToPath(new URL('../../../scripts/hooks/pre-push', import.meta.url));
const MARK = '\n# pheme pre-push hook';

/** `other` is one of pheme's that is not this version's, or was edited; `foreign` is somebody else's. */
export type HookState = 'absent' | 'installed' | 'not executable' | 'other' | 'foreign';

/** The place of a repository's pre-push hook and what is there. */
export interface HookPlace {
  /** Absolute. */
  path: string;
  state: HookState;
  /** Other repositories may run it too: core.hooksPath leads to a folder outside of this one. */
  isShared: boolean;
}

/**
 * Where git looks for the pre-push hook of a repository: its own folder, or core.hooksPath.
 * @throws ValidationError GIT_FAILED where the folder is in no repository, INPUT_MISSING where there is none, HOOK_FILE
 */
export async function findHook(io: Io, folder: string): Promise<HookPlace> {
  if (!(await stat(folder).catch(missing))?.isDirectory())
    throw new ValidationError(`${folder} is no folder: give one of the repository`, 'INPUT_MISSING', { path: folder });
  const ask = async (...args: string[]) =>
    (await git(io, ['rev-parse', '--path-format=absolute', ...args], folder)).trim();
  const path = join(await ask('--git-path', 'hooks'), 'pre-push');
  const inside = [await ask('--git-common-dir'), await ask('--show-toplevel').catch(() => folder)];
  return { path, state: await stateOf(path), isShared: !inside.some((root) => isWithin(resolve(folder, root), path)) };
}

async function stateOf(path: string): Promise<HookState> {
  const found = await lstat(path).catch(missing);
  if (found === undefined) return 'absent';
  const text = await readFile(path, 'utf8').catch(() => '');
  if (!found.isFile() || !text.includes(MARK)) return 'foreign';
  if (text !== (await readFile(HOOK_SCRIPT, 'utf8'))) return 'other';
  return ((await stat(path)).mode & 0o100) === 0 ? 'not executable' : 'installed';
}

/** Writes the hook whole or not at all, in place of nothing or of another of pheme's. @throws ValidationError HOOK_FILE */
export async function writeHook({ path }: HookPlace): Promise<void> {
  const fresh = `${path}.pheme-new`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await rm(fresh, { force: true });
    await writeFile(fresh, await readFile(HOOK_SCRIPT), { flag: 'wx' });
    await chmod(fresh, 0o755);
    await rename(fresh, path);
  } catch (error) {
    throw unusable('written', error as Error);
  }
}

/** @throws ValidationError HOOK_FILE */
export async function removeHook({ path }: HookPlace): Promise<void> {
  await rm(path).catch((error: Error) => {
    throw unusable('removed', error);
  });
}

function isWithin(root: string, path: string): boolean {
  const way = relative(root, path);
  return !way.startsWith('..') && !isAbsolute(way);
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw unusable('read', error);
}

function unusable(done: string, { message }: Error): ValidationError {
  return new ValidationError(`the hook cannot be ${done}: ${message}; see git config core.hooksPath`, 'HOOK_FILE');
}
