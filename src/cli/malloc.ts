/**
 * What glibc reads once, at the start of a process. Unless told, it keeps an arena for almost every thread of the judges
 * and the database; and once a judge freed the 10 MB of a linter, all that is smaller stays in the arenas. Together 50 MB
 * of a node under load.
 */
export const SMALL_ARENAS = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072' };

/** Commands that run for days. */
const DAEMONS = ['start', 'worker'];

/** Begins this process anew with {@link SMALL_ARENAS} where a daemon was started without; elsewhere does nothing. */
export function keepArenasSmall({ platform, argv, env, execPath, execArgv }: NodeJS.Process): void {
  const isDaemon = argv.slice(2).some((argument) => DAEMONS.includes(argument));
  if (platform !== 'linux' || !isDaemon || env['MALLOC_ARENA_MAX'] !== undefined) return;
  // Node.js 22.15 and newer; an older one does without.
  process.execve?.(execPath, [execPath, ...execArgv, ...argv.slice(1)], { ...env, ...SMALL_ARENAS });
}
