import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';

const START_MS_MAX = 15_000;

/** A PostgreSQL server of the system's own, on a free port of loopback, in a folder that goes with it. */
export class PostgresServer {
  readonly #binaries: string;
  readonly #folder: string;
  readonly #port: number;
  #process: ChildProcess | undefined;

  private constructor(binaries: string, folder: string, port: number) {
    this.#binaries = binaries;
    this.#folder = folder;
    this.#port = port;
  }

  /** @param program path of `postgres`; `initdb` is beside it */
  static async create(program: string): Promise<PostgresServer> {
    const folder = await mkdtemp(join(tmpdir(), 'pheme-postgres-'));
    const server = new PostgresServer(dirname(program), folder, await freePort());
    if (isRoot()) chownSync(folder, Number(idOf('-u')), Number(idOf('-g')));
    const [command, args] = server.#asOwner('initdb', ['-D', join(folder, 'data'), '-A', 'trust', '-U', 'pheme', '-N']);
    execFileSync(command, args, { stdio: 'ignore', cwd: folder });
    await server.start();
    return server;
  }

  get url(): string {
    return `postgres://pheme@127.0.0.1:${this.#port}/postgres`;
  }

  async start(): Promise<void> {
    const options = ['-p', String(this.#port), '-k', this.#folder, '-c', 'listen_addresses=127.0.0.1'];
    const args = ['-D', join(this.#folder, 'data'), '-c', 'fsync=off', ...options];
    const [command, all] = this.#asOwner('postgres', args);
    this.#process = spawn(command, all, { stdio: 'ignore', cwd: this.#folder });
    const untilMs = Date.now() + START_MS_MAX;
    while (!(await this.#answers())) assert.ok(Date.now() < untilMs, 'PostgreSQL does not start');
  }

  /** Ends it as an operator would, connections and all. */
  async stop(): Promise<void> {
    const running = this.#process;
    if (running === undefined) return;
    this.#process = undefined;
    const ended = once(running, 'exit');
    running.kill('SIGINT');
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async query<Row extends object = Record<string, unknown>>(sql: string, values: unknown[] = []): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.url });
    await client.connect();
    try {
      return (await client.query<Row & pg.QueryResultRow>(sql, values)).rows;
    } finally {
      await client.end();
    }
  }

  async #answers(): Promise<boolean> {
    return this.query('SELECT 1').then(
      () => true,
      () => new Promise<boolean>((resolve) => setTimeout(resolve, 30, false)),
    );
  }

  /** PostgreSQL refuses to run as root. */
  #asOwner(program: string, args: string[]): [string, string[]] {
    const path = join(this.#binaries, program);
    if (!isRoot()) return [path, args];
    return ['setpriv', ['--reuid', 'postgres', '--regid', 'postgres', '--init-groups', path, ...args]];
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function idOf(flag: '-u' | '-g'): string {
  return execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}
