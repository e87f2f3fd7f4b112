/** Admits a bounded number of holders at once and a bounded number of waiters, in order. */
export class Slots {
  readonly #holdersMax: number;
  readonly #waitersMax: number;
  readonly #waiters: (() => void)[] = [];
  #holders = 0;

  constructor(holdersMax: number, waitersMax: number) {
    this.#holdersMax = holdersMax;
    this.#waitersMax = waitersMax;
  }

  /** Resolves with true once a slot is taken, with false if too many wait or the signal fires first. */
  async take(signal: AbortSignal): Promise<boolean> {
    if (this.#holders < this.#holdersMax) {
      this.#holders += 1;
      return true;
    }
    if (this.#waiters.length >= this.#waitersMax || signal.aborted) return false;
    return new Promise((resolve) => {
      const proceed = () => {
        signal.removeEventListener('abort', giveUp);
        resolve(true);
      };
      const giveUp = () => {
        this.#waiters.splice(this.#waiters.indexOf(proceed), 1);
        resolve(false);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiters.push(proceed);
    });
  }

  release(): void {
    const next = this.#waiters.shift();
    if (next === undefined) this.#holders -= 1;
    else next();
  }
}
