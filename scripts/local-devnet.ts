import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The built command line; scripts and end-to-end tests run what users run. */
export const PHEME = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

/** A validator as `devnet.json` lists it. */
export interface DevnetEntry {
  index: number;
  publicKey: string;
  home: string;
  rpc: string;
  p2p: string;
  pid: number;
}

export interface DevnetFile {
  networkId: string;
  genesis: string;
  validators: DevnetEntry[];
}

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
  const child = spawn(process.execPath, [PHEME, ...args], { env: { ...cleanEnvironment(), ...env }, ...(cwd === undefined ? {} : { cwd }) });
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
  const codeOf = (code: number | null, signal: NodeJS.Signals | null) => code ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 0);
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(codeOf(child.exitCode, child.signalCode));
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('exit', (code, signal) => done(codeOf(code, signal)));
  });
}

/** The first of `count` neighbouring ports that are all free on loopback. */
export async function freeBasePort(count: number): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const base = 20_000 + Math.floor(Math.random() * 20_000); // below the range that systems hand out themselves
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

/** A devnet of real processes in a temporary folder, run by `pheme devnet`. */
export class LocalDevnet {
  readonly directory: string;
  readonly supervisor: ChildProcess;
  #file: DevnetFile | undefined;
  /** Nodes started apart from the supervisor, by index. */
  readonly #revived = new Map<number, ChildProcess>();

  private constructor(directory: string, supervisor: ChildProcess) {
    this.directory = directory;
    this.supervisor = supervisor;
  }

  /** Starts one and waits until all its validators are ready. */
  static async start({ validators = 4, env = {} }: { validators?: number; env?: Readonly<Record<string, string>> } = {}): Promise<LocalDevnet> {
    const directory = await mkdtemp(join(tmpdir(), 'pheme-devnet-'));
    const basePort = await freeBasePort(2 * validators);
    const args = ['devnet', '--validators', String(validators), '--home', directory, '--base-port', String(basePort), '--until-eof'];
    const supervisor = spawn(process.execPath, [PHEME, ...args], { env: { ...cleanEnvironment(), ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    supervisor.stderr.resume();
    const devnet = new LocalDevnet(directory, supervisor);
    try {
      if (!(await untilPrints(supervisor, 'ready'))) throw new Error(`pheme devnet ended with exit code ${supervisor.exitCode}`);
      devnet.#file = JSON.parse(await readFile(join(directory, 'devnet.json'), 'utf8')) as DevnetFile;
      return devnet;
    } catch (error) {
      await devnet.stop();
      throw error;
    }
  }

  get networkId(): string {
    return this.#started.networkId;
  }

  /** Path of the genesis file. */
  get genesis(): string {
    return this.#started.genesis;
  }

  get validators(): readonly DevnetEntry[] {
    return this.#started.validators;
  }

  get #started(): DevnetFile {
    if (this.#file === undefined) throw new Error('the devnet has not started');
    return this.#file;
  }

  /** Runs a command against one validator, with its home. */
  pheme(index: number, args: readonly string[], options?: RunOptions): Promise<Finished> {
    return pheme([...args, '--home', this.validators[index]!.home], options);
  }

  /** Calls a reading RPC method of one validator. */
  async call<Result>(index: number, method: string, params: Record<string, unknown> = {}): Promise<Result> {
    const { rpc, home } = this.validators[index]!;
    const token = (await readFile(join(home, 'api-token'), 'utf8')).trim();
    const answer = await fetch(rpc, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const body = (await answer.json()) as { result?: Result; error?: { message: string; data?: { code?: string } } };
    if (body.error !== undefined) throw new Error(`${method}: ${body.error.data?.code ?? ''} ${body.error.message}`);
    return body.result as Result;
  }

  /** The process of a validator: the supervisor's child, or the revived one. */
  pidOf(index: number): number {
    return this.#revived.get(index)?.pid ?? this.validators[index]!.pid;
  }

  /** kill -9, and waits until the process is gone. */
  async kill(index: number): Promise<void> {
    const pid = this.pidOf(index);
    process.kill(pid, 'SIGKILL');
    await until(() => !isAlive(pid));
  }

  /** Starts a killed validator again with `pheme start` and waits until it is ready. */
  async revive(index: number, { ready = true }: { ready?: boolean } = {}): Promise<void> {
    const { home } = this.validators[index]!;
    const child = spawn(process.execPath, [PHEME, 'start', '--home', home, '--until-eof'], { env: cleanEnvironment(), stdio: ['pipe', 'ignore', 'ignore'] });
    this.#revived.set(index, child);
    if (ready) await this.untilReady(index);
  }

  async untilReady(index: number): Promise<void> {
    await until(async () => (await this.#readyz(index)) === 200);
  }

  async #readyz(index: number): Promise<number> {
    const url = new URL('/readyz', this.validators[index]!.rpc);
    return fetch(url).then(
      async (answer) => (await answer.text(), answer.status),
      () => 0,
    );
  }

  /** Every process of the devnet that may still run. */
  pids(): number[] {
    return [this.supervisor.pid, ...(this.#file?.validators.map(({ pid }) => pid) ?? []), ...[...this.#revived.values()].map(({ pid }) => pid)].filter(
      (pid) => pid !== undefined,
    );
  }

  /** Stops everything, leaves no process, and removes the folder. */
  async stop(): Promise<void> {
    for (const child of [this.supervisor, ...this.#revived.values()]) if (child.exitCode === null) child.kill('SIGTERM');
    const pids = this.pids();
    await until(() => !pids.some(isAlive)).catch(() => {
      for (const pid of pids.filter(isAlive)) process.kill(pid, 'SIGKILL');
    });
    await until(() => !pids.some(isAlive));
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** True while a process exists and is no zombie that waits for its parent. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
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
