import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cleanEnvironment, exitCodeOf, freeBasePort, isAlive, PHEME, pheme } from '../processes.ts';

/** Exit code of a node whose data directory another one uses. */
const LOCKED = 4;
/** What a node logs when it finds its key in use elsewhere. */
const NOTICED = /this key signed for another data directory|the key signs elsewhere/;

/** A second node of the same key, from a copy of the first one's home. */
export class Twin {
  readonly #home: string;
  readonly #child: ChildProcess;

  private constructor(home: string, child: ChildProcess) {
    this.#home = home;
    this.#child = child;
  }

  /** Copies the home as it stands, the running database included, and starts it on ports of its own. */
  static async start(original: string): Promise<Twin> {
    const home = `${original}-twin`;
    await cp(original, home, { recursive: true, filter: (path) => !/node\.log$|filler$/.test(path) });
    const port = await freeBasePort(2);
    const log = openSync(join(home, 'node.log'), 'w', 0o600);
    const ports = { PHEME_NETWORK_LISTEN: `/ip4/127.0.0.1/tcp/${port}`, PHEME_RPC_PORT: `${port + 1}` };
    const child = spawn(process.execPath, [PHEME, 'start', '--home', home, '--until-eof'], {
      env: { ...cleanEnvironment(), ...ports },
      stdio: ['pipe', log, log],
    });
    closeSync(log);
    child.stdin?.on('error', () => undefined);
    return new Twin(home, child);
  }

  get isRunning(): boolean {
    return this.#child.pid !== undefined && isAlive(this.#child.pid);
  }

  /** True once the twin has said that its key is used by another. */
  async hasNoticed(): Promise<boolean> {
    return NOTICED.test(await readFile(join(this.#home, 'node.log'), 'utf8'));
  }

  /** Ends the process and removes its home. */
  async stop(): Promise<void> {
    this.#child.stdin?.end();
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    await exitCodeOf(this.#child);
    clearTimeout(killer);
    await rm(this.#home, { recursive: true });
  }
}

/** True if a second node on the same home refuses to start. */
export async function isSecondRefused(home: string): Promise<boolean> {
  return (await pheme(['start', '--until-eof', '--home', home])).code === LOCKED;
}
