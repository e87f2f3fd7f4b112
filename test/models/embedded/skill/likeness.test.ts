import assert from 'node:assert/strict';
import { isOpposed, likeness, sameSense } from '../../../../src/models/embedded/skill/likeness.ts';
import { stemOf } from '../../../../src/models/embedded/skill/text.ts';

const alike = (one: string, other: string) => likeness(stemOf(one), stemOf(other));

describe('likeness of words', () => {
  it('is 1 for forms of one word and high for misspellings', () => {
    assert.equal(alike('evaporated', 'evaporating'), 1);
    assert.ok(alike('evaporated', 'evaperated') > 0.55);
  });

  it('knows everyday words of one sense', () => {
    assert.ok(alike('increases', 'rise') >= 0.8);
    assert.equal(alike('increases', 'table'), 0);
  });

  it('is symmetric', () => {
    for (const [one, other] of [
      ['damage', 'broken'],
      ['request', 'requests'],
      ['lock', 'clock'],
    ] as const)
      assert.equal(alike(one, other), alike(other, one));
  });

  it('finds the opposite of a word', () => {
    assert.equal(isOpposed(stemOf('open'), new Set([stemOf('closed')])), true);
    assert.equal(isOpposed(stemOf('open'), new Set([stemOf('window')])), false);
  });

  it('names another word of the same sense, if it knows one', () => {
    assert.notEqual(sameSense('fast'), undefined);
    assert.notEqual(sameSense('fast'), 'fast');
    assert.equal(sameSense('catalogue'), undefined);
  });
});
