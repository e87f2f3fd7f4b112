import type { Clock, PeerKey } from '../engine/ports.ts';
import { BUDGET_BYTES_PER_UNIT, FLOOD_NOTED_MS, FRAME_UNITS, REQUEST_UNITS } from './limits.ts';

/** Units that a budget gives in a second, and how many gather while nothing is spent. */
export interface Allowance {
  perSecond: number;
  burst: number;
}

/** What a peer may spend; it fills up again by the clock. */
class Budget {
  readonly #allowance: Allowance;
  #left: number;
  #filledAtMs: number;

  constructor(allowance: Allowance, nowMs: number) {
    this.#allowance = allowance;
    this.#left = allowance.burst;
    this.#filledAtMs = nowMs;
  }

  /** Negative while more was spent than there was. */
  left(nowMs: number): number {
    const { perSecond, burst } = this.#allowance;
    const pastMs = Math.max(0, nowMs - this.#filledAtMs);
    this.#left = Math.min(burst, this.#left + (pastMs / 1000) * perSecond);
    this.#filledAtMs = nowMs;
    return this.#left;
  }

  spend(units: number): void {
    this.#left -= units;
  }

  /** Until something is left again. */
  waitMs(nowMs: number): number {
    return Math.max(0, (-this.left(nowMs) / this.#allowance.perSecond) * 1000);
  }
}

interface Budgets {
  frames: Budget;
  requests: Budget;
  floodNotedMs: number;
}

interface PeerBudgetParts {
  clock: Clock;
  /** A peer in debt pays four times as much. */
  isThrottled(key: PeerKey): boolean;
  /** A peer goes on sending beyond its budget; told a few times a second. */
  onFlood(key: PeerKey): void;
}

/** What a peer in debt pays for one unit. */
const THROTTLED_PRICE = 4;
/** Keys that come back find their budget as they left it; more of them than can be connected need not be known. */
const PEERS_MAX = 2_048;

/**
 * What each peer may cost this node, so that one at full speed takes nothing from the others: frames beyond the budget
 * are dropped unread, requests beyond it wait. Both count their bytes too.
 */
export class PeerBudgets {
  readonly #parts: PeerBudgetParts;
  readonly #peers = new Map<PeerKey, Budgets>();

  constructor(parts: PeerBudgetParts) {
    this.#parts = parts;
  }

  /** True if the frame may be read and verified. */
  takeFrame(key: PeerKey, bytes: number): boolean {
    const budgets = this.#budgetsOf(key);
    const nowMs = this.#parts.clock.nowMs();
    if (budgets.frames.left(nowMs) > 0) {
      budgets.frames.spend(this.#price(key, bytes));
      return true;
    }
    if (nowMs - budgets.floodNotedMs >= FLOOD_NOTED_MS) {
      budgets.floodNotedMs = nowMs;
      this.#parts.onFlood(key);
    }
    return false;
  }

  /** Resolves when the peer may be answered, or the signal fires; both ends' streams are bounded meanwhile. */
  async awaitRequest(key: PeerKey, signal: AbortSignal): Promise<void> {
    const { requests } = this.#budgetsOf(key);
    const waitMs = requests.waitMs(this.#parts.clock.nowMs());
    requests.spend(this.#price(key, 0));
    if (waitMs > 0) await this.#sleep(waitMs, signal);
  }

  spendAnswer(key: PeerKey, bytes: number): void {
    this.#budgetsOf(key).requests.spend(this.#price(key, bytes));
  }

  #price(key: PeerKey, bytes: number): number {
    const units = 1 + bytes / BUDGET_BYTES_PER_UNIT;
    return this.#parts.isThrottled(key) ? THROTTLED_PRICE * units : units;
  }

  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const cancel = this.#parts.clock.setTimer(ms, wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  #budgetsOf(key: PeerKey): Budgets {
    const nowMs = this.#parts.clock.nowMs();
    const known = this.#peers.get(key);
    const budgets = known ?? {
      frames: new Budget(FRAME_UNITS, nowMs),
      requests: new Budget(REQUEST_UNITS, nowMs),
      floodNotedMs: 0,
    };
    if (known === undefined && this.#peers.size >= PEERS_MAX) this.#peers.delete(this.#peers.keys().next().value!);
    this.#peers.set(key, budgets);
    return budgets;
  }
}
