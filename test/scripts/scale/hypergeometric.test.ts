import assert from 'node:assert/strict';
import fc from 'fast-check';
import { tailProbability } from '../../../scripts/scale/hypergeometric.ts';
import { committeeRisk, sampleRisk } from '../../../scripts/scale/sampling.ts';

function close(actual: number, expected: number, what: string): void {
  assert.ok(Math.abs(actual / expected - 1) < 1e-12, `${what}: ${actual}, not ${expected}`);
}

describe('the tail of a sample', () => {
  it('is what a hand computes', () => {
    // 4 of 10, 3 marked: C(7,1) = 7 ways with all three, 3 * C(7,2) = 63 with two, of C(10,4) = 210.
    const sample = { population: 10, marked: 3, drawn: 4 };
    close(tailProbability(sample, 3), 7 / 210, 'three');
    close(tailProbability(sample, 2), 70 / 210, 'two');
    assert.deepEqual([tailProbability(sample, 0), tailProbability(sample, 4)], [1, 0]);
    // Two aces or more in a hand of five: 108,336 of 2,598,960.
    close(tailProbability({ population: 52, marked: 4, drawn: 5 }, 2), 108_336 / 2_598_960, 'aces');
  });

  it('keeps what is far smaller than sums of doubles can tell apart', () => {
    // One way of C(100, 50), which is 100,891,344,545,564,193,334,812,497,256.
    const ways = Number(100_891_344_545_564_193_334_812_497_256n);
    close(tailProbability({ population: 100, marked: 50, drawn: 50 }, 50), 1 / ways, 'one way');
  });

  it('leaves nothing between a tail and that of the unmarked', () => {
    const sample = fc.integer({ min: 1, max: 300 }).chain((population) =>
      fc.record({
        population: fc.constant(population),
        marked: fc.nat(population),
        drawn: fc.integer({ min: 1, max: population }),
      }),
    );
    fc.assert(
      fc.property(sample, fc.nat(300), ({ population, marked, drawn }, bound) => {
        const least = bound % (drawn + 1);
        const rest = tailProbability({ population, marked: population - marked, drawn }, drawn - least + 1);
        const whole = tailProbability({ population, marked, drawn }, least) + rest;
        assert.ok(Math.abs(whole - 1) < 1e-9, `${whole}`);
      }),
    );
  });
});

describe('the risk of a sample', () => {
  it('counts the faulty against the weight that a verdict needs', () => {
    // 4 of 10 judge, three are needed: two faulty of the four block, three decide.
    const { badDecides, blocked } = sampleRisk(10, 3, 4);
    close(badDecides, 7 / 210, 'bad decides');
    close(blocked, 70 / 210, 'blocked');
    // 7 of 10 are exactly 0.7 of them, though 0.7 * 10 is not 7 in doubles.
    assert.equal(sampleRisk(10, 7, 10).badDecides, 1);
    assert.equal(sampleRisk(10, 6, 10).badDecides, 0);
  });

  it('lets a committee of 3F+1 have F faulty members', () => {
    close(committeeRisk(10, 3, 4), 70 / 210, 'two of four');
    assert.equal(committeeRisk(100, 33, 100), 0);
    assert.equal(committeeRisk(100, 34, 100), 1);
  });
});
