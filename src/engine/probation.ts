import type { Clock } from './ports.ts';

/**
 * R29: a time in which nothing new is signed, since the key may have said what this journal does not know. It runs by
 * a timer, which no change of the clock shortens, and anew from each sign that the key still speaks elsewhere, and
 * until what others know is known here.
 */
export class Probation {
  readonly #durationMs: number;
  readonly #clock: Clock;
  readonly #isInformed: () => boolean;
  #untilMs = 0;
  #cancel: (() => void) | undefined;
  #waiting: (() => void)[] = [];

  /** @param isInformed asked when the time is over */
  constructor(durationMs: number, clock: Clock, isInformed: () => boolean) {
    this.#durationMs = durationMs;
    this.#clock = clock;
    this.#isInformed = isInformed;
  }

  get isRunning(): boolean {
    return this.#cancel !== undefined;
  }

  /** When it ends or ended, as the clock now has it (milliseconds since 1970); 0 if there was none. */
  get untilMs(): number {
    return this.#untilMs;
  }

  begin(): void {
    this.#cancel?.();
    this.#untilMs = this.#clock.nowMs() + this.#durationMs;
    this.#cancel = this.#clock.setTimer(this.#durationMs, () => {
      if (!this.#isInformed()) return this.begin();
      this.#cancel = undefined;
      for (const action of this.#waiting.splice(0)) action();
    });
  }

  /** Begins anew if it runs. */
  prolong(): void {
    if (this.isRunning) this.begin();
  }

  /** Runs once it is over; never if it is stopped before. */
  whenOver(action: () => void): void {
    this.#waiting.push(action);
  }

  stop(): void {
    this.#cancel?.();
    this.#waiting = [];
  }
}
