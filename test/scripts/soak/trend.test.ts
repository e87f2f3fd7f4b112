import assert from 'node:assert/strict';
import fc from 'fast-check';
import { spreadOf, trendOf } from '../../../scripts/soak/trend.ts';

describe('the trend of a soak', () => {
  it('is the growth of a straight line, without doubt', () => {
    const line = fc.record({ start: fc.integer({ min: 100, max: 500 }), perSecond: fc.integer({ min: 0, max: 5 }) });
    fc.assert(
      fc.property(line, fc.integer({ min: 3, max: 200 }), ({ start, perSecond }, number) => {
        const points = Array.from({ length: number }, (_, i) => ({
          atSeconds: 5 * i,
          value: start + 5 * i * perSecond,
        }));
        const mean = start + (5 * (number - 1) * perSecond) / 2;
        const { percentPer10Minutes, plusMinus, most } = trendOf(points)!;
        assert.ok(Math.abs(percentPer10Minutes - (100 * 600 * perSecond) / mean) < 0.01);
        assert.ok(plusMinus < 0.01);
        assert.equal(most, points.at(-1)!.value);
      }),
    );
  });

  it('says how little a short and noisy run tells', () => {
    const noise = [3, -4, 1, 5, -2, -3, 4, -4];
    const noisy = (number: number) =>
      trendOf(Array.from({ length: number }, (_, i) => ({ atSeconds: 5 * i, value: 300 + noise[i % noise.length]! })))!;
    const [short, long] = [noisy(12), noisy(360)];
    assert.ok(Math.abs(short.percentPer10Minutes) < short.plusMinus);
    assert.ok(short.plusMinus > 10, `${short.plusMinus}`);
    assert.ok(long.plusMinus < 0.2, `${long.plusMinus}`);
  });

  it('takes samples that follow one another for fewer than as many independent ones', () => {
    const saw = Array.from({ length: 240 }, (_, i) => 300 + (i % 40));
    const shuffled = saw.map((_, i) => saw[(i * 97) % saw.length]!);
    const [climbing, scattered] = [saw, shuffled].map(
      (values) => trendOf(values.map((value, i) => ({ atSeconds: 5 * i, value })))!.plusMinus,
    ) as [number, number];
    assert.ok(climbing > 3 * scattered, `${climbing} and ${scattered}`);
  });

  it('has none for fewer than three points', () => {
    assert.equal(
      trendOf([
        { atSeconds: 0, value: 1 },
        { atSeconds: 5, value: 2 },
      ]),
      undefined,
    );
  });
});

describe('the spread of a soak', () => {
  it('leaves out what is no number, and tells an empty list', () => {
    assert.deepEqual(spreadOf([3, Number.NaN, 1, 2]), { number: 3, p50: 2, p99: 3, most: 3 });
    assert.deepEqual(spreadOf([]), { number: 0, p50: null, p99: null, most: null });
  });
});
