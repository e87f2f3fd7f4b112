import assert from 'node:assert/strict';
import { auc, balancedAccuracy, interval } from '../../src/models/metrics.ts';
import { generator } from '../../src/models/random.ts';

const bad = [false, false, true, true];

describe('metrics', () => {
  it('area under the curve is the share of pairs in the right order, ties at half', () => {
    assert.equal(auc([0.1, 0.2, 0.8, 0.9], bad), 1);
    assert.equal(auc([0.9, 0.8, 0.2, 0.1], bad), 0);
    assert.equal(auc([0.5, 0.5, 0.5, 0.5], bad), 0.5);
    assert.equal(auc([0.1, 0.6, 0.5, 0.9], bad), 0.75);
  });

  it('balanced accuracy weighs both labels alike, however rare one is', () => {
    assert.equal(balancedAccuracy([0.1, 0.2, 0.3, 0.4, 0.1], [false, false, false, false, true], 0.5), 0.5);
    assert.equal(balancedAccuracy([0.1, 0.7, 0.8, 0.9], bad, 0.5), 0.75);
  });

  it('intervals hold the measure, shrink with more rows, and are the same for the same seed', () => {
    const mean = (values: readonly number[]) => (rows: number[]) =>
      rows.reduce((sum, row) => sum + values[row]!, 0) / rows.length;
    const widthOf = (size: number) => {
      const values = Array.from({ length: size }, (_, i) => i % 2);
      const [low, high] = interval(size, mean(values), generator(5));
      assert.ok(low < 0.5 && 0.5 < high);
      assert.deepEqual(interval(size, mean(values), generator(5)), [low, high]);
      return high - low;
    };
    assert.ok(widthOf(400) < widthOf(40) / 2);
  });
});
