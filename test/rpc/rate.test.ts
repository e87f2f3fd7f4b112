import assert from 'node:assert/strict';
import { RATE_ADDRESSES_MAX } from '../../src/rpc/limits.ts';
import { RateLimiter } from '../../src/rpc/rate.ts';

const taken = (limiter: RateLimiter, address: string, nowMs: number, calls: number) => {
  return Array.from({ length: calls }, () => limiter.take(address, nowMs)).filter(Boolean).length;
};

describe('rpc/rate', () => {
  it('allows a burst of twice the rate, then the rate, to each address', () => {
    const limiter = new RateLimiter(10);
    assert.equal(taken(limiter, 'a', 0, 100), 20);
    assert.equal(taken(limiter, 'b', 0, 100), 20);
    assert.equal(taken(limiter, 'a', 500, 100), 5);
    assert.equal(taken(limiter, 'a', 1_500, 100), 10);
    assert.equal(taken(limiter, 'a', 60_000, 100), 20);
  });

  it('remembers a bounded number of addresses, the busiest ones', () => {
    const limiter = new RateLimiter(1);
    taken(limiter, 'busy', 0, 2);
    for (let index = 0; index < 3 * RATE_ADDRESSES_MAX; index++) {
      limiter.take(`address-${index}`, 0);
      assert.equal(limiter.take('busy', 0), false);
    }
    assert.equal(limiter.take('address-0', 0), true, 'the first was forgotten and begins anew');
  });
});
