import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { smallMemory } from '../small-memory.ts';

/** How a process ended. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** One validator process of a devnet. */
export interface ChildNode {
  readonly pid: number;
  /** Its standard output and error. */
  readonly logPath: string;
  readonly ended: Promise<Ending>;
  hasEnded(): boolean;
  /** Asks it to stop, and kills it at the deadline. Resolves when it is gone. */
  stop(deadlineMs: number): Promise<void>;
}

/** This file's own ending: the devnet of the sources runs the sources, that of dist/ runs dist/. */
const ENTRY = fileURLToPath(new URL(`../main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url));

/** What would make every validator of a devnet alike, or ask a model that nobody named. */
const NODE_VARIABLES = /^(?:OPENAI_API_KEY|MODEL_ENDPOINT|DEFAULT_MODEL|VALIDATOR_ENDPOINT|VALIDATOR_KEY|PHEME_.*)$/;
const MODEL_ACCESS = ['OPENAI_API_KEY', 'MODEL_ENDPOINT'];

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of a devnet's validators: without settings of single nodes, and with a model only if one is named. */
export function childEnvironment(
  environment: Environment,
  model: string | undefined,
): Record<string, string | undefined> {
  const kept = Object.entries(environment).filter(
    ([name]) => !NODE_VARIABLES.test(name) || (model !== undefined && MODEL_ACCESS.includes(name)),
  );
  const named = model === undefined ? {} : { DEFAULT_MODEL: model };
  return { ...smallMemory(Object.fromEntries(kept)), ...named };
}

/**
 * Starts `pheme start` for a home. The child stops when its standard input ends, which the system closes with this
 * process however it dies; and it has a session of its own, so that a Ctrl-C reaches it once, through us.
 */
export function startChild(home: string, args: readonly string[], env: Record<string, string | undefined>): ChildNode {
  const logPath = join(home, 'node.log');
  const log = openSync(logPath, 'a', 0o600);
  const child = spawn(process.execPath, [ENTRY, 'start', '--home', home, '--until-eof', ...args], {
    cwd: home,
    env,
    detached: true,
    stdio: ['pipe', log, log],
  });
  closeSync(log);
  child.stdin?.on('error', () => undefined); // a child that died takes its pipe along; `ended` tells
  const ended = new Promise<Ending>((done) => {
    child.once('error', () => done({ code: null, signal: null }));
    child.once('exit', (code, signal) => done({ code, signal }));
  });
  const hasEnded = () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  return {
    pid: child.pid ?? 0,
    logPath,
    ended,
    hasEnded,
    stop: (deadlineMs) => stopChild(child, ended, hasEnded, deadlineMs),
  };
}

async function stopChild(
  child: ChildProcess,
  ended: Promise<Ending>,
  hasEnded: () => boolean,
  deadlineMs: number,
): Promise<void> {
  if (hasEnded()) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
  await ended;
  clearTimeout(timer);
}

/** Enough for the last error of a node. */
const TAIL_BYTES = 2048;

/** The last lines of a log, for saying why a process ended. */
export async function logTail(path: string, linesMax: number): Promise<string[]> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(TAIL_BYTES), 0, TAIL_BYTES, start);
    const lines = buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n');
    return lines.slice(-linesMax);
  } finally {
    await file.close();
  }
}
