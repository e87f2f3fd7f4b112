export interface SlotOptions {
  /** Never more at once. */
  max: number;
  /** At once while no task hangs; reached one by one, each time that a task has waited for `patienceMs`. */
  usual: number;
  patienceMs: number;
  /** A task that has held its slot for so long hangs, and another may be judged beside it. */
  hungMs: number;
}

interface Waiting {
  start: () => void;
  sinceMs: number;
}

/**
 * Turns for tasks, first come first served. Each slot is a thread with a heap of its own, so there are as few as will do:
 * one for quick judges, more while tasks wait, and more again while some hang.
 */
export class JudgingSlots {
  readonly #options: SlotOptions;
  readonly #waiting: Waiting[] = [];
  #width = 1;
  #hung = 0;
  #active = 0;
  #widening: NodeJS.Timeout | undefined;

  constructor(options: SlotOptions) {
    this.#options = options;
  }

  get active(): number {
    return this.#active;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Resolves when it is the task's turn, with what ends it.
   * @throws the signal's reason when aborted
   */
  async take(signal: AbortSignal): Promise<() => void> {
    if (this.#active < this.#room) return this.#hold();
    const { promise, resolve, reject } = Promise.withResolvers<() => void>();
    const waiting: Waiting = { start: () => resolve(this.#hold()), sinceMs: performance.now() };
    const leave = () => {
      const at = this.#waiting.indexOf(waiting);
      if (at >= 0) this.#waiting.splice(at, 1);
      reject(signal.reason);
    };
    signal.addEventListener('abort', leave, { once: true });
    this.#waiting.push(waiting);
    this.#widenLater();
    const release = await promise;
    signal.removeEventListener('abort', leave);
    return release;
  }

  /** Goes back to what is in use; beyond that, tasks wait again before it widens. */
  narrow(inUse: number): void {
    this.#width = Math.max(1, Math.min(this.#width, inUse));
  }

  get #room(): number {
    return Math.min(this.#options.max, this.#width + this.#hung);
  }

  #hold(): () => void {
    this.#active++;
    let hangs = false;
    const timer = setTimeout(() => {
      hangs = true;
      this.#hung++;
      this.#serve();
    }, this.#options.hungMs).unref();
    return () => {
      clearTimeout(timer);
      if (hangs) this.#hung--;
      this.#active--;
      this.#serve();
    };
  }

  #serve(): void {
    while (this.#active < this.#room && this.#waiting.length > 0) this.#waiting.shift()!.start();
  }

  /** One more, once the first in line has waited long enough. */
  #widenLater(): void {
    const [first] = this.#waiting;
    const { max, usual, patienceMs } = this.#options;
    if (first === undefined || this.#widening !== undefined || this.#width >= Math.min(max, usual)) return;
    const leftMs = Math.max(0, first.sinceMs + patienceMs - performance.now());
    this.#widening = setTimeout(() => {
      this.#widening = undefined;
      if (this.#waiting[0] === first) this.#width++;
      this.#serve();
      this.#widenLater();
    }, leftMs).unref();
  }
}
