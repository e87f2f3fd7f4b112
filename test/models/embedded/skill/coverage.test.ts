import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cover } from '../../../../src/models/embedded/skill/coverage.ts';
import { prepare, prepareRequirement } from '../../../../src/models/embedded/skill/prepared.ts';
import { plainRarity } from '../../../../src/models/embedded/skill/rarity.ts';

const REQUIREMENT = 'The cache is invalidated when the catalogue changes';
const compare = (text: string, requirement = REQUIREMENT) =>
  cover(prepareRequirement(requirement), prepare(text), plainRarity);

describe('coverage of a requirement', () => {
  it('is full for the requirement itself, in every measure of likeness', () => {
    const { words, soft, precision, runsAlike, pairs, sequence, copied, verbatim, negation, opposed } =
      compare(REQUIREMENT);
    assert.deepEqual([words, soft, precision, runsAlike, pairs, sequence, copied, verbatim], Array(8).fill(1));
    assert.deepEqual([negation, opposed], [0, 0]);
  });

  it('is nothing for a text that shares no word', () => {
    const { words, soft, precision, pairs, sequence, copied } = compare('Trains were late again on Monday.');
    assert.deepEqual([words, soft, precision, pairs, sequence, copied], Array(6).fill(0));
  });

  it('counts other forms, misspellings and words of the same sense in part', () => {
    const other = compare('We invalidate cached entries whenever the catalouge is modified.');
    assert.ok(other.words < 0.6, String(other.words));
    assert.ok(other.soft > other.words + 0.2, `${other.soft} ${other.words}`);
  });

  it('sees what is denied on one side only', () => {
    assert.equal(compare('The cache is not invalidated when the catalogue changes').negation > 0.2, true);
    assert.equal(compare('Keys are not stored', 'Keys are not stored').negation, 0);
  });

  it('sees opposites and other numbers', () => {
    const { opposed, numbersMissing, numbersOther } = compare(
      'The latency falls to 35 ms',
      'The latency rises to 480 ms',
    );
    assert.deepEqual([numbersMissing, numbersOther], [1, 1]);
    assert.equal(opposed, 1);
  });

  it('tells words in order from the same words shuffled', () => {
    const shuffled = compare('changes catalogue the when invalidated is cache The');
    assert.equal(shuffled.words, 1);
    assert.ok(shuffled.sequence < 0.5 && shuffled.pairs < 0.5 && shuffled.verbatim < 0.5);
  });

  it('stays between its bounds for any text', function () {
    this.timeout(20_000);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), fc.string({ maxLength: 80 }), (text, requirement) => {
        const { opposed, numbersMissing, numbersOther, missedMost, size, ...shares } = compare(text, requirement);
        for (const [name, share] of Object.entries(shares))
          assert.ok(share >= 0 && share <= 1 + 1e-9, `${name} ${share}`);
        for (const value of [opposed, numbersMissing, numbersOther, missedMost, size])
          assert.ok(value >= 0 && Number.isFinite(value));
      }),
    );
  });
});
