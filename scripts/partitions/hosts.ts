import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_RPC_PORT } from '../../src/config/schema.ts';
import { cleanEnvironment, isAlive, PHEME, pheme, textOf, until } from '../processes.ts';
import { IP, Namespaces } from './namespaces.ts';

const GATE = fileURLToPath(new URL('./gate.ts', import.meta.url));
/** Longer than the longest wait for a result. */
const CALL_TIMEOUT_MS = 130_000;

/** Validators as `pheme start` processes, each on a host of its own. */
export class Hosts {
  readonly namespaces: Namespaces;
  readonly #directory: string;
  readonly #processes: ChildProcess[] = [];
  readonly #tokens: string[] = [];

  private constructor(namespaces: Namespaces, directory: string) {
    this.namespaces = namespaces;
    this.#directory = directory;
  }

  /** Resolves when all are ready. */
  static async start(count: number): Promise<Hosts> {
    const directory = await mkdtemp(join(tmpdir(), 'pheme-hosts-'));
    const hosts = new Hosts(await Namespaces.create(count), directory);
    try {
      await hosts.#start();
      return hosts;
    } catch (error) {
      await hosts.stop();
      throw error;
    }
  }

  get indexes(): number[] {
    return Array.from({ length: this.namespaces.count }, (_, index) => index);
  }

  get genesis(): string {
    return join(this.#directory, 'net', 'genesis.json');
  }

  /** Calls an RPC method of one host, past all that is done to the network. */
  async call<Result>(index: number, method: string, params: Record<string, unknown> = {}): Promise<Result> {
    const text = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const body = JSON.parse(await this.#post(index, text)) as { result?: Result; error?: { message: string } };
    if (body.error !== undefined) throw new Error(`${method} at host ${index}: ${body.error.message}`);
    return body.result as Result;
  }

  /** Hosts whose validator no longer runs. */
  dead(): number[] {
    return this.indexes.filter((index) => !isAlive(this.#processes[2 * index]?.pid ?? 0));
  }

  /** Ends every process and removes the namespaces and the folder. */
  async stop(): Promise<void> {
    const running = this.#processes.filter(({ pid }) => pid !== undefined && isAlive(pid));
    for (const { stdin } of running) stdin?.end();
    const gone = () => !running.some(({ pid }) => isAlive(pid!));
    await until(gone).catch(() => {
      for (const child of running) child.kill('SIGKILL');
      return until(gone);
    });
    await this.namespaces.remove();
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const addresses = this.indexes.flatMap((index) => ['--host', this.namespaces.addressOf(index)]);
    const output = join(this.#directory, 'net');
    const made = await pheme(['testnet', ...addresses, '--kind', 'devnet', '--output', output]);
    if (made.code !== 0) throw new Error(made.stderr);
    for (const index of this.indexes) {
      const home = join(output, `validator-${index}`);
      this.#tokens.push((await readFile(join(home, 'api-token'), 'utf8')).trim());
      this.#spawn(index, [PHEME, 'start', '--home', home, '--until-eof', '--log-level', 'error']);
      this.#spawn(index, [GATE, this.#socketOf(index), `${DEFAULT_RPC_PORT}`]);
    }
    await until(async () => (await Promise.all(this.indexes.map((index) => this.#isReady(index)))).every(Boolean));
  }

  #spawn(index: number, args: readonly string[]): void {
    const child = spawn(IP, ['netns', 'exec', this.namespaces.nameOf(index), process.execPath, ...args], {
      env: cleanEnvironment(),
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true, // a Ctrl-C is for the campaign, which stops them in order
    });
    child.stdin?.on('error', () => undefined); // it ended by itself; `dead` tells
    this.#processes.push(child);
  }

  async #isReady(index: number): Promise<boolean> {
    const connected = await this.call<unknown[]>(index, 'pheme_peers').catch(() => []);
    return connected.length === this.namespaces.count - 1;
  }

  #socketOf(index: number): string {
    return join(this.#directory, `host-${index}.sock`);
  }

  #post(index: number, text: string): Promise<string> {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${this.#tokens[index]}` };
    const options = { socketPath: this.#socketOf(index), method: 'POST', path: '/', headers, agent: false };
    return new Promise((done, fail) => {
      const outgoing = request({ ...options, signal: AbortSignal.timeout(CALL_TIMEOUT_MS) }, (answer) =>
        textOf(answer).then(done, fail),
      );
      outgoing.once('error', fail);
      outgoing.end(text);
    });
  }
}
