import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { createTestnet, loopbackPlaces, type TestnetValidator } from '../../src/config/testnet.ts';
import { cleanEnvironment, exitCodeOf, freeBasePort, isAlive, PHEME, until } from '../processes.ts';

/** Room for everything that a scenario may hold open; what is measured is the node, not its guards. */
const LIMITS = { rpc: { limits: { connections: 1024, waits: 1024, callsPerSecond: 1_000_000 } } };
const OPEN_TASKS_PER_ORIGIN = 10_000;
const STOP_MS = 20_000;

/** Validators as processes of their own with the judge `instant`, on loopback, each with a database of its own. */
export class BenchNet {
  readonly directory: string;
  readonly validators: readonly TestnetValidator[];
  readonly #children = new Map<number, ChildProcess>();
  readonly #tokens: string[] = [];

  private constructor(directory: string, validators: readonly TestnetValidator[]) {
    this.directory = directory;
    this.validators = validators;
  }

  /**
   * Makes the homes, and starts the nodes unless `running` names fewer.
   * @param awaited what each must answer before it counts as started; without a quorum none is ever ready
   * @param profiled index of a node whose CPU profile is written into the folder when it stops
   */
  static async start(count: number, { running = count, profiled = -1, awaited = '/readyz' } = {}): Promise<BenchNet> {
    const directory = await mkdtemp(join(tmpdir(), 'pheme-bench-'));
    const places = loopbackPlaces(count, await freeBasePort(2 * count));
    const { validators } = await createTestnet({ directory, places, kind: 'devnet' });
    const net = new BenchNet(directory, validators);
    try {
      for (const { home } of validators) await configure(home);
      for (const { home } of validators) net.#tokens.push((await readFile(join(home, 'api-token'), 'utf8')).trim());
      for (let index = 0; index < running; index++) net.launch(index, index === profiled ? net.#profiling() : []);
      await Promise.all(Array.from({ length: running }, (_, index) => net.untilReady(index, awaited)));
      return net;
    } catch (error) {
      await net.stop();
      throw error;
    }
  }

  /** Adds sections to the `validator.yml` of a node, to be done before it is launched. */
  async configure(index: number, sections: object): Promise<void> {
    const { home } = this.validators[index]!;
    await writeSettings(home, { ...(await readSettings(home)), ...sections });
  }

  #profiling(): string[] {
    return ['--cpu-prof', `--cpu-prof-dir=${this.directory}`];
  }

  launch(index: number, nodeOptions: readonly string[] = []): void {
    const { home } = this.validators[index]!;
    const log = openSync(join(home, 'node.log'), 'a', 0o600);
    const args = [...nodeOptions, PHEME, 'start', '--home', home, '--until-eof', '--log-level', 'warn'];
    const child = spawn(process.execPath, args, { env: cleanEnvironment(), stdio: ['pipe', log, log] });
    closeSync(log);
    child.stdin?.on('error', () => undefined); // a node that died takes its pipe along
    this.#children.set(index, child);
  }

  pidOf(index: number): number {
    return this.#children.get(index)!.pid!;
  }

  /** @throws Error with the end of its log if the node ended instead */
  async untilReady(index: number, path = '/readyz'): Promise<void> {
    await until(async () => {
      if (!isAlive(this.pidOf(index))) throw new Error(`validator ${index} ended: ${await this.#logEnd(index)}`);
      const answer = await fetch(new URL(path, this.validators[index]!.rpc)).catch(() => undefined);
      await answer?.body?.cancel();
      return answer?.status === 200;
    });
  }

  async #logEnd(index: number): Promise<string> {
    return (await readFile(join(this.validators[index]!.home, 'node.log'), 'utf8')).slice(-1000);
  }

  /** One HTTP request of JSON-RPC, a call or a batch; the parsed answer. */
  async post(index: number, body: unknown): Promise<unknown> {
    const answer = await fetch(this.validators[index]!.rpc, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#tokens[index]}` },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (text === '') throw new Error(`validator ${index} answered ${answer.status} and nothing else`);
    return JSON.parse(text);
  }

  async call<Result>(index: number, method: string, params: object = {}): Promise<Result> {
    const answer = (await this.post(index, { jsonrpc: '2.0', id: 1, method, params })) as Answer<Result>;
    return resultOf(method, answer);
  }

  /** Submits tasks in one batch; their ids in the same order. */
  async submit(index: number, tasks: readonly object[]): Promise<string[]> {
    const method = 'pheme_submitTask';
    const calls = tasks.map((task, id) => ({ jsonrpc: '2.0', id, method, params: { task } }));
    const answers = (await this.post(index, calls)) as Answer<{ taskId: string }>[];
    return answers.toSorted((a, b) => a.id - b.id).map((answer) => resultOf(method, answer).taskId);
  }

  /** Stops one node in good order. */
  async stopNode(index: number): Promise<void> {
    const child = this.#children.get(index);
    if (child === undefined) return;
    this.#children.delete(index);
    child.kill('SIGTERM');
    const hard = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await exitCodeOf(child);
    clearTimeout(hard);
  }

  /** Stops every node; the folder stays for whoever reads a profile in it. */
  async halt(): Promise<void> {
    await Promise.all([...this.#children.keys()].map((index) => this.stopNode(index)));
  }

  async stop(): Promise<void> {
    await this.halt();
    await rm(this.directory, { recursive: true, force: true });
  }
}

interface Answer<Result> {
  id: number;
  result?: Result;
  error?: { message: string };
}

function resultOf<Result>(method: string, { result, error }: Answer<Result>): Result {
  if (result === undefined) throw new Error(`${method}: ${error?.message}`);
  return result;
}

async function configure(home: string): Promise<void> {
  const settings = await readSettings(home);
  const limits = { openTasksPerOrigin: OPEN_TASKS_PER_ORIGIN };
  const models = { instant: { provider: 'instant' } };
  const rpc = { ...settings.rpc, ...LIMITS.rpc };
  await writeSettings(home, { ...settings, models, limits, rpc });
}

async function readSettings(home: string): Promise<{ rpc: object }> {
  return parse(await readFile(join(home, 'validator.yml'), 'utf8'));
}

async function writeSettings(home: string, settings: object): Promise<void> {
  const path = join(home, 'validator.yml');
  await chmod(path, 0o600); // sections of outside systems hold secrets
  await writeFile(path, stringify(settings));
}
