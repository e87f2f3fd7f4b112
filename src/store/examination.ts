import { fork } from 'node:child_process';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasLostRecords, isHeadless } from './log-check.ts';
import { uncleanEnds } from './marks.ts';

/** What the examining process is told. */
export interface Order {
  directory: string;
  repair: boolean;
}

/** What it answers: `damaged` is what opening meets as an ordinary error too; it gives no answer where LevelDB ends it. */
export type Examination = 'sound' | 'damaged' | 'locked';

/** This file's own ending: the sources run the sources, dist/ runs dist/. */
const EXAMINER = fileURLToPath(new URL(`./examine${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url));
/** Ends an examination that takes too long; LevelDB's own end is another. */
const STOP = 'SIGTERM';
/** LevelDB's files; marks and what was set aside stay. */
const DATABASE_FILE = /^(?:CURRENT|MANIFEST-\d+|LOG|LOG\.old|\d+\.(?:log|ldb|sst|dbtmp))$/;

/**
 * Reads a whole closed database in a process of its own. Where LevelDB ends that process, the database is repaired in
 * another, and where that does not help, its files are set aside in `damaged-...`: the node begins anew and fetches from
 * peers what it lacks.
 * @returns whether anything was done to it
 */
export async function mendIfDeadly(directory: string): Promise<boolean> {
  if ((await examine({ directory, repair: false })) !== undefined) return false;
  if ((await examine({ directory, repair: true })) !== 'sound') await setAside(directory);
  return true;
}

/**
 * Looks at a closed database without repairing it.
 * @param timeoutMs so long is read at most; what was not read by then is not judged
 */
export async function survey(
  directory: string,
  timeoutMs: number,
): Promise<Examination | 'headless' | 'lost records' | 'deadly'> {
  if (await isHeadless(directory)) return 'headless';
  if (await hasLostRecords(directory, await uncleanEnds(directory))) return 'lost records';
  return (await examine({ directory, repair: false }, timeoutMs)) ?? 'deadly';
}

/** @returns undefined if LevelDB ended the process; `sound` if its time did */
function examine(order: Order, timeoutMs?: number): Promise<Examination | undefined> {
  const child = fork(EXAMINER, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] });
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => child.kill(STOP), timeoutMs);
  return new Promise((done, fail) => {
    let answer: Examination | undefined;
    child.once('message', (message) => {
      answer = message as Examination;
    });
    child.once('error', fail);
    child.once('exit', (_, signal) => {
      clearTimeout(timer);
      done(signal === STOP ? 'sound' : answer);
    });
    child.send(order);
  });
}

async function setAside(directory: string): Promise<void> {
  const aside = join(directory, `damaged-${Date.now()}`);
  await mkdir(aside, { mode: 0o700 });
  for (const name of await readdir(directory)) {
    if (DATABASE_FILE.test(name)) await rename(join(directory, name), join(aside, name));
  }
}
