import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ValidationError } from '../../protocol/errors.ts';
import { TASK_BYTES_MAX } from '../../protocol/limits.ts';
import type { Io } from '../io.ts';

/** What a range of commits changes, with the commits' ids. */
export interface GitChange {
  diff: string;
  /** Full commit ids, hex. */
  baseSha: string;
  headSha: string;
}

/** The form of the diff is set here, so that neither the user's settings nor a repository's change what is judged. */
const DIFF_FLAGS = [
  ...['--no-color', '--no-ext-diff', '--no-textconv', '--no-relative', '--full-index', '--unified=3'],
  ...['--find-renames', '--submodule=short', '--src-prefix=a/', '--dst-prefix=b/', '--ignore-submodules=none'],
];

/**
 * Reads what the current repository changes in a range: `A..B`, `A...B` (since they parted), or `A`, which is `A...HEAD`.
 * @throws ValidationError GIT_FAILED, INPUT_TOO_LARGE
 */
export async function readGitChange(io: Io, range: string): Promise<GitChange> {
  const { base, head, parted } = parseRange(range);
  const headSha = await commitOf(io, head);
  const baseCommit = await commitOf(io, base);
  const baseSha = parted ? (await git(io, ['merge-base', baseCommit, headSha])).trim() : baseCommit;
  return { diff: await git(io, ['diff', ...DIFF_FLAGS, baseSha, headSha, '--']), baseSha, headSha };
}

function parseRange(range: string): { base: string; head: string; parted: boolean } {
  const match = /^(.*?)(\.{2,3})(.*)$/.exec(range);
  if (match === null) return { base: range, head: 'HEAD', parted: true };
  return { base: match[1] || 'HEAD', head: match[3] || 'HEAD', parted: match[2] === '...' };
}

async function commitOf(io: Io, revision: string): Promise<string> {
  return (await git(io, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`])).trim();
}

/**
 * What git prints.
 * @param folder where it runs; the current one unless given
 * @throws ValidationError GIT_FAILED, INPUT_TOO_LARGE
 */
export async function git(io: Io, args: readonly string[], folder?: string): Promise<string> {
  // A checkout may carry a folder that git would take for a repository with settings of its own, hence safe.bareRepository.
  const settings = ['-c', 'safe.bareRepository=explicit', '-c', 'core.fsmonitor=false', '--no-pager'];
  const options = {
    signal: io.signal,
    maxBuffer: TASK_BYTES_MAX,
    ...(folder === undefined ? {} : { cwd: folder }),
    env: { ...io.env, GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' } as NodeJS.ProcessEnv,
  };
  try {
    return (await promisify(execFile)('git', [...settings, ...args], options)).stdout;
  } catch (error) {
    throw gitFault(args, error);
  }
}

function gitFault(args: readonly string[], error: unknown): unknown {
  const { code, name, stderr = '' } = error as { code?: unknown; name?: string; stderr?: string };
  if (name === 'AbortError') return error;
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
    return new ValidationError(`the diff is over ${TASK_BYTES_MAX} bytes: split the change`, 'INPUT_TOO_LARGE');
  const reason = code === 'ENOENT' ? 'git is not installed' : stderr.trim() || `no such commit, or no common one`;
  return new ValidationError(`git ${args[0]} ${args.at(-1)} failed: ${reason}`, 'GIT_FAILED');
}
