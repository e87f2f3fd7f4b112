import assert from 'node:assert/strict';
import { retry } from '../../src/node/retry.ts';
import { ValidationError } from '../../src/protocol/errors.ts';

const failing = (times: number, error: unknown = new Error('no')) => {
  let calls = 0;
  return { action: async () => (++calls <= times ? Promise.reject(error) : 'done'), calls: () => calls };
};

describe('retry', () => {
  it('makes three attempts by default', async () => {
    const twice = failing(2);
    assert.equal(await retry(twice.action, { baseDelayMs: 1 }), 'done');
    const always = failing(99);
    await assert.rejects(retry(always.action, { baseDelayMs: 1 }), /no/);
    assert.deepEqual([twice.calls(), always.calls()], [3, 3]);
  });

  it('never repeats what failed validation', async () => {
    const invalid = failing(99, new ValidationError('bad task'));
    await assert.rejects(retry(invalid.action), { code: 'VALIDATION_FAILED' });
    assert.equal(invalid.calls(), 1);
    const other = failing(1, new ValidationError('late', 'TIMEOUT'));
    assert.equal(await retry(other.action, { baseDelayMs: 1 }), 'done');
  });

  it('waits twice as long each time', async () => {
    const start = performance.now();
    await assert.rejects(retry(failing(99).action, { attempts: 4, baseDelayMs: 20 }));
    const tookMs = performance.now() - start;
    assert.ok(tookMs >= 135 && tookMs < 1500, `${tookMs} ms`); // 20 + 40 + 80, and timers round down
  });

  it('ends with the reason of the signal, also in the middle of a wait', async () => {
    const controller = new AbortController();
    const waiting = retry(failing(99).action, {
      baseDelayMs: 60_000,
      signal: controller.signal,
      onRetry: () => controller.abort(new Error('stop')),
    });
    await assert.rejects(waiting, /stop/);
  });
});
