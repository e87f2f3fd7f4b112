import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createCommittee, indexOfKey, weightOf } from '../../src/protocol/committee.ts';
import { TOTAL_WEIGHT_MAX } from '../../src/protocol/limits.ts';
import { PPM } from '../../src/protocol/ppm.ts';
import { committeeOf, digestOf, genesisOf } from './samples.ts';

describe('R1: the arithmetic of a committee', () => {
  // Weights, Q, F, Tw at 0.7.
  const known: [number[], number, number, number][] = [
    [[1], 1, 0, 1],
    [[1, 1], 2, 0, 2],
    [[1, 1, 1], 3, 0, 3],
    [[1, 1, 1, 1], 3, 1, 3],
    [[1, 1, 1, 1, 1], 4, 1, 4],
    [[1, 1, 1, 1, 1, 1, 1], 5, 2, 5],
    [Array(10).fill(1), 7, 3, 7],
    [[5, 1, 1, 1], 6, 2, 6],
    [[TOTAL_WEIGHT_MAX], 1_431_655_765, 715_827_882, 1_503_238_553],
  ];
  for (const [weights, quorum, faulty, threshold] of known) {
    it(`of ${weights.join()}: Q ${quorum}, F ${faulty}, Tw ${threshold}`, () => {
      const committee = committeeOf({ weights });
      assert.deepEqual([committee.quorum, committee.faulty, committee.threshold], [quorum, faulty, threshold]);
    });
  }

  // Keys play no part here: one stands for all.
  const key = digestOf(1);
  const anyWeights = fc.array(fc.integer({ min: 1, max: 8_000_000 }), { minLength: 1, maxLength: 256 });
  const anyThreshold = fc.integer({ min: PPM / 2 + 1, max: PPM });
  const committees = fc.tuple(anyWeights, anyThreshold).map(([weights, consensusThresholdPpm]) => {
    const genesis = genesisOf({ rules: { consensusThresholdPpm } });
    return createCommittee({ ...genesis, validators: weights.map((weight) => ({ publicKey: key, weight })) });
  });

  it('any two quorums share honest weight, and the honest reach one alone', () => {
    fc.assert(
      fc.property(committees, ({ totalWeight: W, quorum: Q, faulty: F }) => {
        assert.ok(2 * Q - W > F, 'safety');
        assert.ok(W - F >= Q, 'liveness');
        assert.ok(3 * F < W && Q <= W && F >= 0);
        assert.ok(2 * F < Q, 'copied commitments never reach a quorum of lists');
        assert.ok(BigInt(Q) === (2n * BigInt(W)) / 3n + 1n, 'exact');
      }),
    );
  });

  it('no two verdicts reach the threshold, and it is the smallest weight of that share', () => {
    fc.assert(
      fc.property(committees, ({ totalWeight: W, threshold, rules }) => {
        assert.ok(2 * threshold > W);
        assert.ok(BigInt(threshold) * BigInt(PPM) >= BigInt(W) * BigInt(rules.consensusThresholdPpm));
        assert.ok(BigInt(threshold - 1) * BigInt(PPM) < BigInt(W) * BigInt(rules.consensusThresholdPpm));
      }),
    );
  });

  it('above two thirds the faulty are under half of any winning side', () => {
    fc.assert(
      fc.property(committees, ({ threshold, faulty, rules }) => {
        if (3 * rules.consensusThresholdPpm > 2 * PPM) assert.ok(2 * faulty < threshold);
      }),
    );
  });

  it('counts each validator once, and strangers not at all', () => {
    const committee = committeeOf({ weights: [5, 3, 2] });
    assert.equal(weightOf(committee, [0, 2, 2, 0, 7, -1]), 7);
    assert.equal(weightOf(committee, []), 0);
  });

  it('knows its members by their keys', () => {
    const committee = committeeOf();
    assert.equal(indexOfKey(committee, committee.validators[2]!.publicKey), 2);
    assert.equal(indexOfKey(committee, digestOf(0)), undefined);
  });
});

describe('the identity of a network', () => {
  const genesis = genesisOf();
  const { rules } = genesis;
  const base = createCommittee(genesis);
  const others = {
    name: { ...genesis, name: 'other' },
    createdAt: { ...genesis, createdAt: genesis.createdAt + 1 },
    order: { ...genesis, validators: [...genesis.validators].reverse() },
    weight: { ...genesis, validators: genesis.validators.map((member) => ({ ...member, weight: 2 })) },
    kind: { ...genesis, rules: { ...rules, kind: 'mainnet' as const } },
    minConfidence: { ...genesis, rules: { ...rules, minConfidencePpm: 1 } },
    consensusThreshold: { ...genesis, rules: { ...rules, consensusThresholdPpm: 700_001 } },
    requiredValidators: { ...genesis, rules: { ...rules, requiredValidators: 2 } },
    minModelFamilies: { ...genesis, rules: { ...rules, minModelFamilies: 2 } },
    ...Object.fromEntries(
      Object.entries(rules.timers).map(([name, ms]) => [
        name,
        { ...genesis, rules: { ...rules, timers: { ...rules.timers, [name]: ms + 1 } } },
      ]),
    ),
  };
  for (const [what, changed] of Object.entries(others)) {
    it(`depends on its ${what}`, () => {
      const other = createCommittee(changed);
      assert.notEqual(other.networkId, base.networkId);
      assert.notEqual(other.configDigest, base.configDigest);
    });
  }

  it('is no configuration digest', () => assert.notEqual(base.networkId, base.configDigest));
});
