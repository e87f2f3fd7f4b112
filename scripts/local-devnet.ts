import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestnet, loopbackPlaces } from '../src/config/testnet.ts';
import { genesisToJson, type Timers } from '../src/protocol/genesis.ts';
import { mountSmallDisk, unmount } from './chaos/disk.ts';
import {
  cleanEnvironment,
  type Finished,
  freeBasePort,
  isAlive,
  PHEME,
  pheme,
  type RunOptions,
  until,
  untilPrints,
} from './processes.ts';

const LOG_LINES_SHOWN = 12;

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

/** A devnet of real processes in a temporary folder, run by `pheme devnet`. */
export class LocalDevnet {
  readonly directory: string;
  readonly supervisor: ChildProcess;
  #file: DevnetFile | undefined;
  /** Nodes started apart from the supervisor, by index. */
  readonly #revived = new Map<number, ChildProcess>();
  /** Processes that were killed on purpose. */
  readonly #killed = new Set<number>();
  /** Run when no process is left, before the folder goes; e.g. to unmount what stands in it. */
  readonly cleanups: (() => Promise<void>)[] = [];

  private constructor(directory: string, supervisor: ChildProcess) {
    this.directory = directory;
    this.supervisor = supervisor;
  }

  /** Starts one and waits until all its validators are ready. Its rules are those of `pheme devnet` unless timers are given. */
  static async start({
    validators = 4,
    env = {},
    timers,
    smallDisks = false,
  }: {
    validators?: number;
    env?: Readonly<Record<string, string>>;
    timers?: Timers;
    /** Each database on a small file system of its own; needs `timers`, and root. */
    smallDisks?: boolean;
  } = {}): Promise<LocalDevnet> {
    const directory = await mkdtemp(join(tmpdir(), 'pheme-devnet-'));
    const basePort = await freeBasePort(2 * validators);
    const homes = timers === undefined ? [] : await makeHomes(directory, validators, basePort, timers);
    const disks = smallDisks ? homes.map((home) => join(home, 'data')) : [];
    for (const disk of disks) await mountSmallDisk(disk);
    const args = ['devnet', '--validators', `${validators}`, '--home', directory];
    args.push('--base-port', `${basePort}`, '--until-eof');
    const supervisor = spawn(process.execPath, [PHEME, ...args], {
      env: { ...cleanEnvironment(), ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    supervisor.stderr.resume();
    const devnet = new LocalDevnet(directory, supervisor);
    for (const disk of disks) devnet.cleanups.push(() => unmount(disk));
    try {
      if (!(await untilPrints(supervisor, 'ready')))
        throw new Error(`pheme devnet ended with exit code ${supervisor.exitCode}`);
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
    this.#killed.add(pid);
    process.kill(pid, 'SIGKILL');
    await until(() => !isAlive(pid));
  }

  /** SIGTERM, and waits until the process has ended in good order. */
  async terminate(index: number): Promise<void> {
    const pid = this.pidOf(index);
    this.#killed.add(pid);
    process.kill(pid, 'SIGTERM');
    await until(() => !isAlive(pid));
  }

  /** Starts a killed validator again with `pheme start` and waits until it is ready. */
  async revive(
    index: number,
    { ready = true, env = {} }: { ready?: boolean; env?: Readonly<Record<string, string>> } = {},
  ): Promise<void> {
    const { home } = this.validators[index]!;
    const log = openSync(join(home, 'node.log'), 'a', 0o600);
    const child = spawn(process.execPath, [PHEME, 'start', '--home', home, '--until-eof'], {
      env: { ...cleanEnvironment(), ...env },
      stdio: ['pipe', log, log],
    });
    closeSync(log);
    child.stdin?.on('error', () => undefined); // it ends with a process that is killed
    if (child.pid !== undefined) this.#killed.delete(child.pid); // the system gives ids again
    this.#revived.set(index, child);
    if (ready) await this.untilReady(index);
  }

  /** @throws Error with its last answer and the end of its log if it is not ready in time, or has ended */
  async untilReady(index: number, timeoutMs?: number): Promise<void> {
    let last = { status: 0, text: 'no answer' };
    const isSettled = async () => {
      last = await this.#readyz(index);
      return last.status === 200 || !isAlive(this.pidOf(index));
    };
    await until(isSettled, timeoutMs).catch(() => undefined);
    if (last.status === 200) return;
    const log = await this.#logEnd(this.validators[index]!.home);
    throw new Error(`validator ${index} did not become ready: ${last.text}; its log ends with: ${log}`);
  }

  async #readyz(index: number): Promise<{ status: number; text: string }> {
    const url = new URL('/readyz', this.validators[index]!.rpc);
    try {
      const answer = await fetch(url);
      return { status: answer.status, text: await answer.text() };
    } catch (error) {
      return { status: 0, text: (error as Error).message }; // nothing listens there yet
    }
  }

  /** Every process of the devnet that may still run; none that was killed: its id may be another's by now. */
  pids(): number[] {
    return [
      this.supervisor.pid,
      ...(this.#file?.validators.map(({ pid }) => pid) ?? []),
      ...[...this.#revived.values()].map(({ pid }) => pid),
    ].filter((pid): pid is number => pid !== undefined && !this.#killed.has(pid));
  }

  /**
   * Stops everything, leaves no process, and removes the folder.
   * @throws Error if a validator had died by itself, with the end of its log
   */
  async stop(): Promise<void> {
    const deaths = await this.#unexpectedDeaths();
    for (const pid of this.pids().filter(isAlive)) process.kill(pid, 'SIGCONT'); // a frozen one would not hear the next
    for (const child of [this.supervisor, ...this.#revived.values()])
      if (child.exitCode === null) child.kill('SIGTERM');
    const pids = this.pids();
    await until(() => !pids.some(isAlive)).catch(() => {
      for (const pid of pids.filter(isAlive)) process.kill(pid, 'SIGKILL');
    });
    await until(() => !pids.some(isAlive));
    for (const cleanup of this.cleanups.splice(0)) await cleanup();
    await rm(this.directory, { recursive: true, force: true });
    if (deaths.length > 0) throw new Error(deaths.join('\n'));
  }

  /** None once the supervisor is gone: its validators end with it. */
  async #unexpectedDeaths(): Promise<string[]> {
    if (this.#file === undefined || this.supervisor.exitCode !== null || this.supervisor.signalCode !== null) return [];
    const dead = this.validators.filter(({ pid }) => !this.#killed.has(pid) && !isAlive(pid));
    return Promise.all(
      dead.map(async ({ index, home }) => `validator ${index} died by itself: ${await this.#logEnd(home)}`),
    );
  }

  async #logEnd(home: string): Promise<string> {
    const log = await readFile(join(home, 'node.log'), 'utf8');
    return log.trimEnd().split('\n').slice(-LOG_LINES_SHOWN).join('\n');
  }
}

/** A network whose rules differ from a devnet's by their timers only. */
async function makeHomes(directory: string, count: number, basePort: number, timers: Timers): Promise<string[]> {
  const network = await createTestnet({ directory, places: loopbackPlaces(count, basePort), kind: 'devnet' });
  const { genesis, genesisPath, validators } = network;
  const text = JSON.stringify(genesisToJson({ ...genesis, rules: { ...genesis.rules, timers } }), null, 2);
  for (const path of [genesisPath, ...validators.map(({ home }) => join(home, 'genesis.json'))]) {
    await writeFile(path, `${text}\n`);
  }
  return validators.map(({ home }) => home);
}
