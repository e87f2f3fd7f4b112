import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnvironment, exitCodeOf, PHEME } from '../processes.ts';

export interface WorkerSettings {
  url: string;
  prefix: string;
  lockMs: number;
}

/** `pheme worker` processes with the embedded models of an empty home. */
export class JudgingWorkers {
  readonly #home: string;
  readonly #children: ChildProcess[] = [];

  private constructor(home: string) {
    this.#home = home;
  }

  static async start(count: number, settings: WorkerSettings): Promise<JudgingWorkers> {
    const workers = new JudgingWorkers(await mkdtemp(join(tmpdir(), 'pheme-worker-')));
    try {
      await Promise.all(Array.from({ length: count }, () => workers.#launch(settings)));
      return workers;
    } catch (error) {
      await workers.stop();
      throw error;
    }
  }

  /** kill -9: what it was judging stays locked until the lock expires. */
  async kill(index: number): Promise<void> {
    const child = this.#children[index]!;
    child.kill('SIGKILL');
    await exitCodeOf(child);
  }

  async stop(): Promise<void> {
    for (const child of this.#children) child.kill('SIGTERM');
    await Promise.all(this.#children.map(exitCodeOf));
    await rm(this.#home, { recursive: true, force: true });
  }

  /** Resolves once it says that it works. */
  async #launch({ url, prefix, lockMs }: WorkerSettings): Promise<void> {
    const own = { PHEME_HOME: this.#home, QUEUE_PREFIX: prefix, PHEME_QUEUE_LOCK_MS: `${lockMs}` };
    const child = spawn(process.execPath, [PHEME, 'worker', '--redis', url, '--log-level', 'error', '--json'], {
      env: { ...cleanEnvironment(), ...own },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.push(child);
    const ended = exitCodeOf(child).then((code) => {
      throw new Error(`pheme worker ended with exit code ${code}`);
    });
    ended.catch(() => undefined); // later, it is meant to end
    await Promise.race([once(child.stdout, 'data'), ended]);
  }
}
