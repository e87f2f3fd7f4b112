import type { Clock, Logger, Offence, PeerKey } from '../engine/ports.ts';
import { OFFENCES } from '../engine/ports.ts';

/**
 * What each offence costs. A debt halves every minute; at SHUT_OUT_SCORE the peer is hung up and kept out for a while.
 * So ten forged signatures or lies within a minute do, and one an hour does nothing.
 */
const COSTS: Record<Offence, number> = {
  // Nobody honest passes these on: a frame is relayed only after all of it was checked.
  'malformed-frame': 60,
  'bad-signature': 100,
  'junk-task': 100,
  'oversize-frame': 200,
  // Told by one peer to this one alone, and found to be false.
  'lying-answer': 250,
  'malformed-request': 60,
  'malformed-response': 60,
  // A peer that stops in the middle leaves as many of these as it had requests under way.
  'unfinished-request': 10,
  // Ten seconds over the budget without a pause, or a hundred tasks that nobody can show.
  flood: 10,
  'unknown-task': 10,
  // Signed by the key itself; four within a minute. An honest key that runs twice does this too.
  equivocation: 250,
};

/** From here on a peer has a quarter of its budgets. */
export const THROTTLE_SCORE = -300;
/** At this score a peer is hung up, and gossip takes nothing from it. */
export const SHUT_OUT_SCORE = -1000;

const HALF_LIFE_MS = 60_000;
/** Below this a debt is forgotten. */
const DEBT_MIN = 1;
/** The first time that a peer is kept out; each further one doubles. */
export const BAN_MS = 10_000;
/** A validator's votes may be needed for a quorum: whatever it does, it may try again after this. */
export const VALIDATOR_BAN_MS_MAX = 30_000;
export const OBSERVER_BAN_MS_MAX = 3_600_000;
/** After this long without a ban the next one is short again. */
const BANS_FORGOTTEN_MS = 3_600_000;
/** Observers' keys are free to make. */
const ACCOUNTS_MAX = 2_048;

interface Account {
  debt: number;
  /** When the debt was that much; in the future while a ban runs, so that it does not fade meanwhile. */
  atMs: number;
  bans: number;
  bannedUntilMs: number;
  offences: Map<Offence, number>;
  last: { offence: Offence; atMs: number };
}

/** How a peer stands here, for its operator and ours. */
export interface PeerStanding {
  key: PeerKey;
  /** Zero or less. */
  score: number;
  lastOffence: Offence;
  lastOffenceAtMs: number;
  /** Null unless it is kept out now. */
  bannedUntilMs: number | null;
  /** Times by offence, as long as the account is kept. */
  offences: Readonly<Partial<Record<Offence, number>>>;
}

interface PeerScoreParts {
  clock: Pick<Clock, 'nowMs'>;
  logger: Logger;
  isValidator(key: PeerKey): boolean;
  /** The peer is kept out from now on: end its connections. */
  onBan(key: PeerKey, offence: Offence): void;
}

/**
 * Offences of peers, by key, so that a new connection does not clear them. One account decides everything: a peer in
 * debt is throttled, then hung up and kept out for a time that grows with each repetition, within a bound.
 */
export class PeerScores {
  /** All offences since the start, by kind. */
  readonly totals: Record<Offence, number> = Object.fromEntries(OFFENCES.map((name) => [name, 0])) as never;
  bans = 0;
  readonly #parts: PeerScoreParts;
  readonly #accounts = new Map<PeerKey, Account>();

  constructor(parts: PeerScoreParts) {
    this.#parts = parts;
  }

  add(key: PeerKey, offence: Offence): void {
    this.totals[offence] += 1;
    if (this.isBanned(key)) return; // what was on its way when it was hung up
    const nowMs = this.#parts.clock.nowMs();
    const account = this.#accountOf(key, offence, nowMs);
    account.debt = COSTS[offence] - this.score(key);
    account.atMs = nowMs;
    account.last = { offence, atMs: nowMs };
    account.offences.set(offence, (account.offences.get(offence) ?? 0) + 1);
    if (account.debt >= -SHUT_OUT_SCORE) this.#ban(key, account);
  }

  /** Zero or less. */
  score(key: PeerKey): number {
    const account = this.#accounts.get(key);
    if (account === undefined) return 0;
    const pastMs = Math.max(0, this.#parts.clock.nowMs() - account.atMs);
    return -account.debt * 2 ** (-pastMs / HALF_LIFE_MS) || 0;
  }

  isThrottled(key: PeerKey): boolean {
    return this.score(key) <= THROTTLE_SCORE;
  }

  isBanned(key: PeerKey): boolean {
    return this.#bannedUntilMs(this.#accounts.get(key), key) !== null;
  }

  /** Of all peers that did something wrong lately, the worst first. */
  standings(): PeerStanding[] {
    const standings = [...this.#accounts].map(([key, account]) => ({
      key,
      score: this.score(key),
      lastOffence: account.last.offence,
      lastOffenceAtMs: account.last.atMs,
      bannedUntilMs: this.#bannedUntilMs(account, key),
      offences: Object.fromEntries(account.offences),
    }));
    return standings.sort((a, b) => a.score - b.score);
  }

  #ban(key: PeerKey, account: Account): void {
    const { clock, logger, onBan } = this.#parts;
    const nowMs = clock.nowMs();
    if (nowMs - account.bannedUntilMs > BANS_FORGOTTEN_MS) account.bans = 0;
    const banMs = Math.min(BAN_MS * 2 ** account.bans, this.#banMsMax(key));
    account.bans += 1;
    account.bannedUntilMs = nowMs + banMs;
    account.debt = -THROTTLE_SCORE; // it comes back throttled, and on probation
    account.atMs = account.bannedUntilMs;
    this.bans += 1;
    const offences = Object.fromEntries(account.offences);
    logger.warn({ peer: key, seconds: banMs / 1000, offences }, 'a peer is hung up and kept out for what it did');
    onBan(key, account.last.offence);
  }

  /** Null if it is not banned. A clock that was set back must not prolong a ban. */
  #bannedUntilMs(account: Account | undefined, key: PeerKey): number | null {
    if (account === undefined) return null;
    const leftMs = account.bannedUntilMs - this.#parts.clock.nowMs();
    return leftMs > 0 && leftMs <= this.#banMsMax(key) ? account.bannedUntilMs : null;
  }

  #banMsMax(key: PeerKey): number {
    return this.#parts.isValidator(key) ? VALIDATOR_BAN_MS_MAX : OBSERVER_BAN_MS_MAX;
  }

  #accountOf(key: PeerKey, offence: Offence, nowMs: number): Account {
    const known = this.#accounts.get(key);
    if (known !== undefined) return known;
    this.#forgetOld(nowMs);
    const last = { offence, atMs: nowMs };
    const account = { debt: 0, atMs: nowMs, bans: 0, bannedUntilMs: 0, offences: new Map<Offence, number>(), last };
    this.#accounts.set(key, account);
    return account;
  }

  #forgetOld(nowMs: number): void {
    for (const [key, { bannedUntilMs }] of this.#accounts) {
      const isPaid = this.score(key) > -DEBT_MIN && nowMs - bannedUntilMs > BANS_FORGOTTEN_MS;
      if (isPaid) this.#accounts.delete(key);
    }
    if (this.#accounts.size < ACCOUNTS_MAX) return;
    const unbanned = [...this.#accounts.keys()].find((key) => !this.isBanned(key));
    this.#accounts.delete(unbanned ?? this.#accounts.keys().next().value!);
  }
}
