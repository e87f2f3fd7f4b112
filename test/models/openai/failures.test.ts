import assert from 'node:assert/strict';
import { APIError } from 'openai';
import { backOffMs, describeFailure, retryAfterMs } from '../../../src/models/openai/failures.ts';

const refused = (retryAfter?: string) =>
  APIError.generate(
    429,
    { error: { message: 'secret words' } },
    undefined,
    new Headers(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
  );

describe('failures of an endpoint', () => {
  it('read Retry-After as seconds or as a date, and nothing else', () => {
    assert.deepEqual(
      ['0', '7', ' 2.5 '].map((value) => retryAfterMs(refused(value))),
      [0, 7000, 2500],
    );
    const wait = retryAfterMs(refused(new Date(Date.now() + 10_000).toUTCString()))!;
    assert.ok(wait > 8_000 && wait <= 10_000);
    assert.equal(retryAfterMs(refused(new Date(0).toUTCString())), 0);
    for (const value of [undefined, '', 'soon', '-5x', '1e99', 'Infinity']) {
      assert.equal(retryAfterMs(refused(value)), undefined, value);
    }
    assert.equal(retryAfterMs(new Error('x')), undefined);
  });

  it('back off longer with each attempt, and not all alike', () => {
    const waits = Array.from({ length: 50 }, () => backOffMs(1));
    assert.ok(waits.every((waitMs) => waitMs >= 250 && waitMs <= 750) && new Set(waits).size > 1);
    assert.ok(backOffMs(3) >= 1000);
  });

  it('are described without a word of the endpoint', () => {
    assert.equal(describeFailure(refused()), 'the endpoint answered 429');
    assert.equal(describeFailure(new Error('secret words')), 'the endpoint sent something that is no answer');
    const circular = new Error('secret words');
    circular.cause = circular;
    assert.ok(!describeFailure(circular).includes('secret'));
  });
});
