import { rpcFailure } from './errors.ts';
import { RATE_ADDRESSES_MAX } from './limits.ts';

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/** A token bucket an address: `perSecond` calls, twice as many in a burst. */
export class RateLimiter {
  readonly #perSecond: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** True if the address may make one more call now. */
  take(address: string, nowMs: number = performance.now()): boolean {
    const burst = 2 * this.#perSecond;
    const { tokens, filledAtMs } = this.#buckets.get(address) ?? { tokens: burst, filledAtMs: nowMs };
    const filled = Math.min(burst, tokens + ((nowMs - filledAtMs) / 1000) * this.#perSecond);
    const allowed = filled >= 1;
    this.#buckets.delete(address); // set again at the end: the longest silent comes first
    this.#buckets.set(address, { tokens: allowed ? filled - 1 : filled, filledAtMs: nowMs });
    if (this.#buckets.size > RATE_ADDRESSES_MAX) this.#buckets.delete(this.#buckets.keys().next().value!);
    return allowed;
  }

  /** @throws ValidationError TOO_MANY_REQUESTS */
  assert(address: string): void {
    if (this.take(address)) return;
    // The next call is free in a fraction of a second; HTTP counts in whole ones.
    throw tooMany('too many calls', 1);
  }
}

/** A refusal that says when to come back. */
export function tooMany(what: string, retryAfterSeconds: number) {
  const when = retryAfterSeconds === 1 ? 'a second' : `${retryAfterSeconds} seconds`;
  return rpcFailure('TOO_MANY_REQUESTS', `${what}: try again in ${when}`, { retryAfterSeconds });
}
