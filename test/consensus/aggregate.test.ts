import assert from 'node:assert/strict';
import fc from 'fast-check';
import { aggregate } from '../../src/consensus/aggregate.ts';
import type { Vote } from '../../src/protocol/judgement.ts';
import { PPM } from '../../src/protocol/ppm.ts';
import type { ValidationResult } from '../../src/protocol/validation-result.ts';
import type { Aggregate, Reveal } from '../../src/protocol/value.ts';
import { type CommitteeSample, fakeCommittee, openingOf } from './fixture.ts';

type Said = [Vote, Partial<ValidationResult>?];

const yes: Said = ['approve'];
const no: Said = ['reject'];
const none: Said = ['abstain'];
const unsure: Said = ['approve', { confidencePpm: 799_999 }];
const unsureNo: Said = ['reject', { confidencePpm: 0 }];
const partial: Said = ['approve', { complete: false }];
const partialNo: Said = ['reject', { complete: false }];

/** One entry a validator; null has not revealed. */
function revealsOf(said: readonly (Said | null)[]): Reveal[] {
  return said.flatMap((each, index) => {
    if (each === null) return [];
    return [
      {
        index,
        ...openingOf(index, {
          vote: each[0],
          ...(each[0] === 'abstain' ? { abstainReason: 'timeout' } : {}),
          ...each[1],
        }),
      },
    ];
  });
}

function of(said: readonly (Said | null)[], sample: CommitteeSample = {}): Aggregate {
  return aggregate(fakeCommittee({ weights: said.map(() => 1), ...sample }), revealsOf(said));
}

const shown = ({ outcome, reason }: Aggregate) => (reason === null ? outcome : `${outcome} ${reason}`);

describe('R9: the aggregate of revealed results', () => {
  const cases: [string, (Said | null)[], CommitteeSample, string][] = [
    ['four approvals', [yes, yes, yes, yes], {}, 'APPROVED'],
    ['three of four, one silent', [yes, yes, yes, null], {}, 'APPROVED'],
    ['three against one', [yes, yes, yes, no], {}, 'APPROVED'],
    ['three rejections', [no, no, no, yes], {}, 'REJECTED'],
    ['two against two', [yes, yes, no, no], {}, 'INCONCLUSIVE split'],
    ['two against one, one abstains', [yes, yes, no, none], {}, 'INCONCLUSIVE split'],
    ['two approve, two abstain', [yes, yes, none, none], {}, 'INCONCLUSIVE low_confidence'],
    ['two approve, two unsure', [yes, yes, unsure, unsureNo], {}, 'INCONCLUSIVE low_confidence'],
    ['two approve, two silent', [yes, yes, null, null], {}, 'INCONCLUSIVE missing'],
    ['two approve, one abstains, one silent', [yes, yes, none, null], {}, 'INCONCLUSIVE low_confidence'],
    ['an approval of a part is none', [yes, yes, partial, null], {}, 'INCONCLUSIVE low_confidence'],
    ['a rejection of a part is one', [no, no, partialNo, null], {}, 'REJECTED'],
    [
      'exactly the confidence asked for counts',
      [yes, yes, ['approve', { confidencePpm: 800_000 }], null],
      {},
      'APPROVED',
    ],
    ['nobody', [null, null, null, null], {}, 'EXPIRED'],
    ['only abstentions', [none, none, none, none], {}, 'EXPIRED'],
    ['fewer results than required', [yes, yes, yes, none], { rules: { requiredValidators: 4 } }, 'EXPIRED'],
    ['as many results as required', [yes, yes, yes, no], { rules: { requiredValidators: 4 } }, 'APPROVED'],
    ['alone', [yes], {}, 'APPROVED'],
  ];
  for (const [what, said, sample, outcome] of cases) {
    it(`${what}: ${outcome}`, () => assert.equal(shown(of(said, sample)), outcome));
  }

  it('takes shares of the total weight, never of the votes that arrived', () => {
    const fourOfFive: (Said | null)[] = [yes, yes, yes, yes, no, null, null];
    assert.equal(shown(of(fourOfFive)), 'INCONCLUSIVE split');
    assert.equal(shown(of(fourOfFive, { rules: { consensusThresholdPpm: 571_428 } })), 'APPROVED');
  });

  it('counts weights, not heads', () => {
    const weights = [7, 1, 1, 1];
    assert.equal(shown(of([yes, no, no, no], { weights })), 'APPROVED');
    assert.equal(shown(of([null, no, no, no], { weights })), 'INCONCLUSIVE missing');
    assert.deepEqual(of([yes, no, none, null], { weights }).tallies, {
      approveWeight: 7,
      rejectWeight: 1,
      abstainWeight: 1,
      results: 2,
      families: 1,
    });
  });

  it('asks for distinct model families on the winning side only', () => {
    const from = (vote: Vote, modelFamily: string): Said => [vote, { modelFamily }];
    const rules = { minModelFamilies: 2 };
    const alike = [from('approve', 'a'), from('approve', 'a'), from('approve', 'a'), from('reject', 'b')];
    assert.equal(shown(of(alike, { rules })), 'INCONCLUSIVE model_diversity');
    assert.equal(of(alike, { rules }).tallies.families, 1);
    assert.equal(of(alike, { rules }).confidencePpm, 0);
    const mixed = [from('approve', 'a'), from('approve', 'b'), from('approve', 'a'), null];
    assert.equal(shown(of(mixed, { rules })), 'APPROVED');
    assert.equal(of(mixed, { rules }).tallies.families, 2);
  });

  it('gives the weighted lower median of the winning side as confidence and score', () => {
    const sure = (confidencePpm: number, scorePpm: number | null = null): Said => [
      'approve',
      { confidencePpm, scorePpm },
    ];
    const four = of([sure(850_000), sure(990_000), sure(900_000), sure(950_000)]);
    assert.equal(four.confidencePpm, 900_000);
    const three = of([sure(850_000), sure(990_000), sure(900_000), ['reject', { confidencePpm: PPM }]]);
    assert.equal(three.confidencePpm, 900_000);
    const heavy = of([sure(850_000), sure(990_000), sure(900_000), null], { weights: [1, 5, 1, 1] });
    assert.equal(heavy.confidencePpm, 990_000);
    const scored = of([sure(900_000, 100_000), sure(900_000), sure(900_000, 300_000), sure(900_000, 200_000)]);
    assert.equal(scored.scorePpm, 200_000);
    assert.equal(of([sure(900_000), sure(900_000), sure(900_000), null]).scorePpm, null);
  });

  it('gives no confidence and no score without a verdict, and the median time always', () => {
    const at = (judgedAtSeconds: number, vote: Vote): Said => [vote, { judgedAtSeconds, scorePpm: 1 }];
    const split = of([at(30, 'approve'), at(10, 'approve'), at(20, 'reject'), at(40, 'reject')]);
    assert.deepEqual([split.confidencePpm, split.scorePpm, split.decidedAtSeconds], [0, null, 20]);
    assert.equal(of([null, null, null, null]).decidedAtSeconds, 0);
  });
});

// Committees and results at random; at most F of the weight is faulty and says anything.
const anySaid: fc.Arbitrary<[Vote, Partial<ValidationResult>]> = fc.tuple(
  fc.constantFrom<Vote>('approve', 'reject', 'abstain'),
  fc.record(
    {
      confidencePpm: fc.integer({ min: 700_000, max: PPM }),
      scorePpm: fc.option(fc.integer({ min: 0, max: PPM }), { nil: null }),
      complete: fc.boolean(),
      judgedAtSeconds: fc.integer({ min: 0, max: 1000 }),
      modelFamily: fc.constantFrom('a', 'b', 'c'),
    },
    { noNullPrototype: true },
  ),
);
const anyCase = fc.integer({ min: 1, max: 9 }).chain((count) =>
  fc.record({
    said: fc.array(fc.option<Said>(anySaid), { minLength: count, maxLength: count }),
    weights: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: count, maxLength: count }),
    consensusThresholdPpm: fc.integer({ min: PPM / 2 + 1, max: PPM }),
    requiredValidators: fc.integer({ min: 1, max: count }),
    minModelFamilies: fc.integer({ min: 1, max: 3 }),
  }),
);

describe('R9: any aggregate', () => {
  it('does not depend on the order of the reveals', () => {
    fc.assert(
      fc.property(anyCase, fc.infiniteStream(fc.nat()), ({ said, weights, ...rules }, stream) => {
        const committee = fakeCommittee({ weights, rules });
        const reveals = revealsOf(said);
        const shuffled = reveals.map((reveal) => ({ reveal, key: stream.next().value as number }));
        shuffled.sort((a, b) => a.key - b.key);
        assert.deepEqual(
          aggregate(
            committee,
            shuffled.map(({ reveal }) => reveal),
          ),
          aggregate(committee, reveals),
        );
      }),
    );
  });

  it('is a verdict only with its threshold of the total weight behind it, and says so in its tallies', () => {
    fc.assert(
      fc.property(anyCase, ({ said, weights, ...rules }) => {
        const committee = fakeCommittee({ weights, rules });
        const { outcome, reason, tallies, confidencePpm } = aggregate(committee, revealsOf(said));
        const { approveWeight, rejectWeight, abstainWeight, results, families } = tallies;
        const revealed = weights.filter((_, index) => said[index] !== null).reduce((sum, weight) => sum + weight, 0);
        assert.equal(approveWeight + rejectWeight + abstainWeight, revealed);
        if (outcome === 'APPROVED') assert.ok(approveWeight >= committee.threshold);
        if (outcome === 'REJECTED') assert.ok(rejectWeight >= committee.threshold);
        const verdict = outcome === 'APPROVED' || outcome === 'REJECTED';
        if (verdict) assert.ok(families >= rules.minModelFamilies && confidencePpm >= 800_000);
        assert.equal(outcome === 'EXPIRED', results < rules.requiredValidators);
        assert.equal(reason !== null, outcome === 'INCONCLUSIVE');
      }),
    );
  });

  it('has its confidence within the honest range, with the threshold above two thirds and at most F faulty', () => {
    fc.assert(
      fc.property(anyCase, fc.nat(), ({ said, weights }, at) => {
        const committee = fakeCommittee({ weights, rules: { consensusThresholdPpm: 666_667 } });
        let left = committee.faulty;
        const faulty = new Set<number>();
        for (let i = 0; i < weights.length; i++) {
          const index = (at + i) % weights.length;
          if (weights[index]! > left) continue;
          left -= weights[index]!;
          faulty.add(index);
        }
        const lying = said.map((each, index) =>
          faulty.has(index) ? (['approve', { confidencePpm: PPM }] as Said) : each,
        );
        const result = aggregate(committee, revealsOf(lying));
        if (result.outcome !== 'APPROVED') return;
        const honest = revealsOf(lying).filter(({ index, result: { vote, complete, confidencePpm } }) => {
          return !faulty.has(index) && vote === 'approve' && complete && confidencePpm >= 800_000;
        });
        const confidences = honest.map((reveal) => reveal.result.confidencePpm);
        assert.ok(result.confidencePpm >= Math.min(...confidences) && result.confidencePpm <= Math.max(...confidences));
      }),
      { numRuns: 300 },
    );
  });
});
