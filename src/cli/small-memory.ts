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
 * Per cent by which old objects may grow before they are collected. A daemon rests most of its time: a third, instead of
 * V8's whole, and sooner holds little less. Under load `garbage-pace.ts` sets another.
 */
export const GROWTH_AT_REST = 35;

/** V8's flag for that; it counts from the next collection on. */
export function oldSpaceGrowth(percent: number): string {
  return `--heap-growing-percent=${percent}`;
}

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
  setFlagsFromString(oldSpaceGrowth(GROWTH_AT_REST));
  if (platform !== 'linux' || env['MALLOC_ARENA_MAX'] !== undefined) return;
  // Node.js 22.15 and newer; an older one does without.
  process.execve?.(execPath, [execPath, ...execArgv, ...argv.slice(1)], smallMemory(env));
}
