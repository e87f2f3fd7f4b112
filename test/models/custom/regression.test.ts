import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Example, fitRegression, startingFit } from '../../../src/models/custom/regression.ts';

const SIZE = 4;
const PENALTIES = { prior: 4, bias: 2, weights: 1 };

const example: fc.Arbitrary<Example> = fc.record({
  bad: fc.boolean(),
  prior: fc.double({ min: -4, max: 4, noNaN: true }),
  gamed: fc.constant(false),
  weight: fc.double({ min: 0.2, max: 3, noNaN: true }),
  features: fc
    .array(fc.tuple(fc.nat(SIZE - 1), fc.double({ min: -1, max: 1, noNaN: true })), { maxLength: 6 })
    .map((pairs) => ({
      buckets: Uint32Array.from(pairs, ([bucket]) => bucket),
      values: Float32Array.from(pairs, ([, value]) => value),
    })),
});

/** The penalised loss, written down plainly. */
function lossAt(examples: readonly Example[], point: readonly number[]): number {
  const [bias, priorWeight, ...weights] = point as [number, number, ...number[]];
  const rows = examples.map(({ bad, prior, weight, features: { buckets, values } }) => {
    const odds = [...buckets].reduce(
      (sum, bucket, i) => sum + weights[bucket]! * values[i]!,
      bias + priorWeight * prior,
    );
    return weight * Math.log1p(Math.exp(bad ? -odds : odds));
  });
  const squares = weights.reduce((sum, value) => sum + value ** 2, 0);
  const held = PENALTIES.prior * (priorWeight - 1) ** 2 + PENALTIES.bias * bias ** 2 + PENALTIES.weights * squares;
  return rows.reduce((sum, loss) => sum + loss, 0) + held / 2;
}

describe('fitRegression', () => {
  it('is the prior itself where there are no rows', () => {
    assert.deepEqual(fitRegression([], PENALTIES, startingFit(SIZE)), startingFit(SIZE));
  });

  it('finds the minimum: no step in any direction lowers the penalised loss', () => {
    fc.assert(
      fc.property(fc.array(example, { minLength: 1, maxLength: 30 }), (examples) => {
        const { bias, priorWeight, weights } = fitRegression(examples, PENALTIES, startingFit(SIZE));
        assert.ok(priorWeight >= 0);
        const best = [bias, priorWeight, ...weights];
        const least = lossAt(examples, best);
        for (let i = 0; i < best.length; i++) {
          for (const step of [-0.02, 0.02]) {
            const moved = best.with(i, best[i]! + step);
            if (moved[1]! >= 0) assert.ok(lossAt(examples, moved) >= least, `parameter ${i} is not at its best`);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('never trusts the opposite of its prior', () => {
    const wrong = Array.from({ length: 40 }, (_, i): Example => {
      const bad = i % 2 === 0;
      const features = { buckets: new Uint32Array(), values: new Float32Array() };
      return { bad, prior: bad ? -2 : 2, gamed: false, weight: 1, features };
    });
    assert.equal(fitRegression(wrong, PENALTIES, startingFit(SIZE)).priorWeight, 0);
  });
});
