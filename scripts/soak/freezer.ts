import { sleep } from './load.ts';
import { residentMb } from './memory.ts';
import type { Watched } from './watch.ts';

/** What the others held while one node was stopped, in MB. */
interface Freeze {
  node: number;
  seconds: number;
  othersBefore: number[];
  othersPeak: number[];
}

const LOOK_MS = 500;

/** Stops one process after the other with SIGSTOP, whose connections stand and which reads nothing. */
export class Freezer {
  readonly figures: Freeze[] = [];
  /** The node that is stopped now. */
  frozen: number | undefined;
  readonly #watched: readonly Watched[];

  constructor(watched: readonly Watched[]) {
    this.#watched = watched;
  }

  /** Stopped as long as running, in turn. No process is left stopped. */
  async run(awayMs: number, signal: AbortSignal): Promise<void> {
    for (let turn = 0; !signal.aborted; turn++) {
      await sleep(awayMs, signal);
      if (signal.aborted) return;
      await this.#freeze(this.#watched[turn % this.#watched.length]!, awayMs, signal);
    }
  }

  async #freeze({ index, pid }: Watched, awayMs: number, signal: AbortSignal): Promise<void> {
    const others = this.#watched.filter((other) => other.index !== index);
    const look = () => others.map((other) => Math.round(residentMb(other.pid)));
    const freeze: Freeze = { node: index, seconds: awayMs / 1000, othersBefore: look(), othersPeak: look() };
    this.figures.push(freeze);
    this.frozen = index;
    process.kill(pid, 'SIGSTOP');
    try {
      const endMs = performance.now() + awayMs;
      while (performance.now() < endMs && !signal.aborted) {
        await sleep(LOOK_MS, signal);
        freeze.othersPeak = look().map((mb, at) => Math.max(mb, freeze.othersPeak[at]!));
      }
    } finally {
      process.kill(pid, 'SIGCONT');
      this.frozen = undefined;
    }
  }
}
