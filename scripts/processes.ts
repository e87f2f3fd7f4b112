import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

/** The built command line; scripts and end-to-end tests run what users run. */
export const PHEME = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

/** How a process ended, and what it printed. */
export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** Text for standard input; empty unless given. */
  input?: string;
  cwd?: string;
  /** Added to the environment of {@link cleanEnvironment}. */
  env?: Readonly<Record<string, string>>;
}

/** Room for a start on a loaded machine. */
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 50;

/** The environment without anything that configures pheme or a model. */
export function cleanEnvironment(): Record<string, string | undefined> {
  const foreign = /^(?:OPENAI_|MODEL_|DEFAULT_MODEL|VALIDATOR_|PHEME_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

/** Runs one `pheme` command to its end. */
export async function pheme(args: readonly string[], { input = '', cwd, env }: RunOptions = {}): Promise<Finished> {
  const child = spawn(process.execPath, [PHEME, ...args], {
    env: { ...cleanEnvironment(), ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  child.stdin.on('error', () => undefined); // a command that does not read its input may end before it is written
  child.stdin.end(input);
  const [stdout, stderr, code] = await Promise.all([textOf(child.stdout), textOf(child.stderr), exitCodeOf(child)]);
  return { code, stdout, stderr };
}

/** All that a stream gives. */
export async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(Buffer.from(part as Buffer));
  return Buffer.concat(parts).toString('utf8');
}

/** The exit code of a process; 128 and more for one that a signal ended. */
export function exitCodeOf(child: ChildProcess): Promise<number> {
  const codeOf = (code: number | null, signal: NodeJS.Signals | null) =>
    code ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 0);
  if (child.exitCode !== null || child.signalCode !== null)
    return Promise.resolve(codeOf(child.exitCode, child.signalCode));
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('exit', (code, signal) => done(codeOf(code, signal)));
  });
}

/** The first of `count` neighbouring ports that are all free on loopback. */
export async function freeBasePort(count: number): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const base = 20_000 + Math.floor(Math.random() * 12_000); // systems hand out ports from 32,768 on themselves
    const free = await Promise.all(Array.from({ length: count }, (_, offset) => isFree(base + offset)));
    if (free.every(Boolean)) return base;
  }
  throw new Error(`found no ${count} neighbouring free ports`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
}

/** True while a process runs; one that has ended and waits for its parent to notice does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !isZombie(pid);
}

/** By /proc, where there is one. */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
  } catch {
    return false;
  }
}

/** Waits for a condition. */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = START_TIMEOUT_MS): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(`waited ${timeoutMs} ms in vain: ${condition}`);
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}

/** Waits for a line on a process's standard output; false if the process ended without it. */
export async function untilPrints(child: ChildProcess, wanted: string): Promise<boolean> {
  let seen = '';
  child.stdout?.on('data', (text: Buffer) => {
    seen += text.toString('utf8');
  });
  const printed = () => seen.split('\n').includes(wanted);
  await until(() => printed() || child.exitCode !== null || child.signalCode !== null, 2 * START_TIMEOUT_MS);
  return printed();
}
