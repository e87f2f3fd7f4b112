import { setFlagsFromString } from 'node:v8';

/**
 * What glibc reads once, at the start of a process. Unless told, it keeps an arena for almost every thread of the judges
 * and the database; and once a judge freed the 10 MB of a linter, all that is smaller stays in the arenas. Together 50 MB
 * of a node under load.
 */
const SMALL_ARENAS = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072' };

/** Room for new objects, in MB, thrice: a busy node is as fast with it as with V8's own 16, a quarter slower with 1. */
const SMALL_YOUNG_SPACE = '--max-semi-space-size=4';

/**
 * A daemon rests most of its time: old objects are collected once a third was added, instead of once they doubled. Sooner
 * holds little less, and costs a busy node a quarter of its rate and more.
 */
const SMALL_OLD_SPACE = '--heap-growing-percent=35';

/** The environment of a daemon that keeps its memory small; what is set already stays as it is. */
export function smallMemory<Env extends Readonly<Record<string, string | undefined>>>(env: Env) {
  const { NODE_OPTIONS } = env;
  return { ...SMALL_ARENAS, ...env, NODE_OPTIONS: [SMALL_YOUNG_SPACE, NODE_OPTIONS].filter(Boolean).join(' ') };
}

/** Commands that run for days. */
const DAEMONS = ['start', 'worker'];

/** Keeps a daemon's memory small, on Linux by beginning its process anew; any other command is to be quick instead. */
export function keepMemorySmall({ platform, argv, env, execPath, execArgv }: NodeJS.Process): void {
  if (!argv.slice(2).some((argument) => DAEMONS.includes(argument))) return;
  setFlagsFromString(SMALL_OLD_SPACE);
  if (platform !== 'linux' || env['MALLOC_ARENA_MAX'] !== undefined) return;
  // Node.js 22.15 and newer; an older one does without.
  process.execve?.(execPath, [execPath, ...execArgv, ...argv.slice(1)], smallMemory(env));
}
