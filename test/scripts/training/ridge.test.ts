import assert from 'node:assert/strict';
import { trainRidge } from '../../../scripts/training/ridge.ts';

const example = (bucket: number, label: number, weight = 1) => ({
  features: { buckets: Uint32Array.of(bucket), values: Float32Array.of(1) },
  label,
  weight,
});
const times = (count: number, bucket: number, label: number) =>
  Array.from({ length: count }, () => example(bucket, label));

describe('trainRidge', () => {
  it('learns the share of each bucket where a weight costs next to nothing', () => {
    const { bias, weights } = trainRidge(
      [...times(30, 0, 1), ...times(10, 0, 0), ...times(20, 1, 1), ...times(60, 1, 0)],
      2,
      {
        decay: 1e-6,
      },
    );
    assert.ok(Math.abs(bias + weights[0]! - Math.log(3)) < 1e-3);
    assert.ok(Math.abs(bias + weights[1]! + Math.log(3)) < 1e-3);
  });

  it('stands where what is gained and what a weight costs balance', () => {
    const decay = 2;
    const { bias, weights } = trainRidge(
      [...times(6, 0, 1), ...times(3, 1, 0), ...times(5, 2, 1), ...times(4, 2, 0)],
      3,
      {
        decay,
      },
    );
    const error = (bucket: number, label: number) => 1 / (1 + Math.exp(-bias - weights[bucket]!)) - label;
    assert.ok(Math.abs(6 * error(0, 1) + decay * weights[0]!) < 1e-2);
    assert.ok(Math.abs(3 * error(1, 0) + decay * weights[1]!) < 1e-2);
  });

  it('keeps what it saw once smaller than what it saw often', () => {
    const { weights } = trainRidge([...times(20, 0, 1), ...times(20, 1, 0), example(2, 1)], 3, { decay: 3 });
    assert.ok(weights[0]! > 2 * weights[2]! && weights[2]! > 0);
  });

  it('heeds what an example weighs', () => {
    const { bias } = trainRidge([example(0, 1, 3), example(0, 0, 1)], 1, { decay: 100 });
    assert.ok(Math.abs(bias - Math.log(3)) < 1e-2);
  });
});
