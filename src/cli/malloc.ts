/**
 * What glibc reads once, at the start of a process. Unless told, it keeps an arena for almost every thread of the judges
 * and the database; and once a judge freed the 10 MB of a linter, all that is smaller stays in the arenas. Together 50 MB
 * of a node under load.
 */
const SMALL_ARENAS = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072' };

/** Room for new objects, in MB, thrice: a busy node is as fast with it as with V8's own 16, a quarter slower with 1. */
const SMALL_YOUNG_SPACE = '--max-semi-space-size=4';

/** The environment of a daemon that keeps its memory small; what is set already stays as it is. */
export function smallMemory<Env extends Readonly<Record<string, string | undefined>>>(env: Env) {
  const { NODE_OPTIONS } = env;
  return { ...SMALL_ARENAS, ...env, NODE_OPTIONS: [SMALL_YOUNG_SPACE, NODE_OPTIONS].filter(Boolean).join(' ') };
}

/** Commands that run for days. */
const DAEMONS = ['start', 'worker'];

/** Begins this process anew with {@link smallMemory} where a daemon was started without; elsewhere does nothing. */
export function keepMemorySmall({ platform, argv, env, execPath, execArgv }: NodeJS.Process): void {
  const isDaemon = argv.slice(2).some((argument) => DAEMONS.includes(argument));
  if (platform !== 'linux' || !isDaemon || env['MALLOC_ARENA_MAX'] !== undefined) return;
  // Node.js 22.15 and newer; an older one does without.
  process.execve?.(execPath, [execPath, ...execArgv, ...argv.slice(1)], smallMemory(env));
}
