import assert from 'node:assert/strict';
import { BoundedMap, BoundedSet, Limiter } from '../../src/engine/bounded.ts';

describe('bounded collections', () => {
  it('forget their oldest member', () => {
    const set = new BoundedSet<number>(2);
    const map = new BoundedMap<number, string>(2);
    for (const number of [1, 2, 2, 3]) {
      set.add(number);
      map.set(number, `${number}`);
    }
    assert.deepEqual(
      [1, 2, 3].map((number) => [set.has(number), map.get(number)]),
      [
        [false, undefined],
        [true, '2'],
        [true, '3'],
      ],
    );
  });
});

describe('a limiter', () => {
  it('runs at most so many at a time, and all of them, failures too', async () => {
    const limiter = new Limiter(3);
    let running = 0;
    let most = 0;
    const done = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        limiter.run(async () => {
          running += 1;
          most = Math.max(most, running);
          await new Promise((resolve) => setImmediate(resolve));
          running -= 1;
          if (index % 4 === 0) throw new Error('no');
          return index;
        }),
      ),
    );
    assert.equal(most, 3);
    assert.equal(done.filter(({ status }) => status === 'rejected').length, 5);
    assert.equal(await limiter.run(async () => 'free again'), 'free again');
  });
});
