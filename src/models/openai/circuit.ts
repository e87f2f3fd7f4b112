import { CIRCUIT_FAILURES_MAX, CIRCUIT_PAUSE_MS, CIRCUIT_PAUSE_MS_MAX } from './limits.ts';

/** How asking an endpoint ended, as far as it tells about the endpoint and not about the task. */
export type Outcome =
  | { ok: true }
  /** `waitMs`: how long the endpoint itself asks to be left alone. */
  | { ok: false; fault: string; waitMs?: number };

/** What a circuit shows of itself. */
export interface CircuitState {
  failuresInRow: number;
  /** Milliseconds since 1970 at which the endpoint is tried again; absent while it is in use. */
  retryAtMs?: number;
  fault?: string;
}

/**
 * Circuit breaker of one endpoint: after some failures in a row it is left alone for a pause, then probed by one request
 * at a time; each failed probe doubles the pause, a success ends it. (Nygard, Release It!, 2nd edition, chapter 5.)
 */
export class Circuit {
  #failuresInRow = 0;
  #fault = '';
  #pauseMs = 0;
  #retryAtMs = 0;

  /** True if the endpoint may be asked now. A probe that is never heard of again frees its place after the pause. */
  admit(nowMs: number): boolean {
    if (this.#pauseMs === 0) return true;
    if (nowMs < this.#retryAtMs) return false;
    this.#retryAtMs = nowMs + this.#pauseMs;
    return true;
  }

  settle(outcome: Outcome, nowMs: number): void {
    if (outcome.ok) {
      this.#failuresInRow = 0;
      this.#pauseMs = 0;
      return;
    }
    this.#failuresInRow++;
    this.#fault = outcome.fault;
    const broken = this.#failuresInRow >= CIRCUIT_FAILURES_MAX;
    const ownMs = broken ? Math.max(2 * this.#pauseMs, CIRCUIT_PAUSE_MS) : 0;
    this.#pauseMs = Math.min(CIRCUIT_PAUSE_MS_MAX, Math.max(ownMs, outcome.waitMs ?? 0));
    this.#retryAtMs = nowMs + this.#pauseMs;
  }

  get state(): CircuitState {
    return {
      failuresInRow: this.#failuresInRow,
      ...(this.#failuresInRow === 0 ? {} : { fault: this.#fault }),
      ...(this.#pauseMs === 0 ? {} : { retryAtMs: this.#retryAtMs }),
    };
  }
}
