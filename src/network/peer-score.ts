import type { Clock, Logger, PeerKey } from '../engine/ports.ts';

/**
 * What a peer can do wrong on streams of its own, and what each costs. Gossip keeps its own account of rejected
 * frames; both meet in gossipsub's score, where GRAYLIST_SCORE shuts a peer out. Twenty faults of the worst kind
 * within a minute do; one an hour does nothing.
 */
const COSTS = {
  /** A frame pushed directly that the node rejected. */
  'rejected-push': 60,
  /** A request that cannot be read. */
  'malformed-request': 60,
  /** An answer that cannot be read, or is of another kind. */
  'malformed-response': 60,
} as const;

export type FaultReason = keyof typeof COSTS;

/** Below this score nothing is taken from a peer, by gossip or by request. */
export const GRAYLIST_SCORE = -1000;

const HALF_LIFE_MS = 60_000;
/** Below this a debt is forgotten. */
const DEBT_MIN = 1;

interface Account {
  debt: number;
  atMs: number;
  reasons: Map<FaultReason, number>;
}

/** Faults of peers, by key, so that a new connection does not clear them; they fade with a half-life of a minute. */
export class PeerScores {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #logger: Logger;
  readonly #accounts = new Map<PeerKey, Account>();

  constructor(clock: Pick<Clock, 'nowMs'>, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  add(key: PeerKey, reason: FaultReason): void {
    this.#forgetOld();
    const before = this.score(key);
    const reasons = this.#accounts.get(key)?.reasons ?? new Map<FaultReason, number>();
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    this.#accounts.set(key, { debt: COSTS[reason] - before, atMs: this.#clock.nowMs(), reasons });
    if (before > GRAYLIST_SCORE && this.score(key) <= GRAYLIST_SCORE) {
      this.#logger.warn({ peer: key, reasons: Object.fromEntries(reasons) }, 'a peer is shut out for its faults');
    }
  }

  /** Zero or less. */
  score(key: PeerKey): number {
    const account = this.#accounts.get(key);
    if (account === undefined) return 0;
    return -account.debt * 2 ** ((account.atMs - this.#clock.nowMs()) / HALF_LIFE_MS);
  }

  /** Keys come from peers that were connected, but observers' keys are free to make. */
  #forgetOld(): void {
    for (const key of this.#accounts.keys()) {
      if (this.score(key) > -DEBT_MIN) this.#accounts.delete(key);
    }
  }
}
