import assert from 'node:assert/strict';
import { pairShares, wordPairs } from '../../../../src/models/embedded/skill/pairs.ts';
import { plainRarity } from '../../../../src/models/embedded/skill/rarity.ts';
import { wordsOf } from '../../../../src/models/embedded/skill/text.ts';

const REQUIREMENT = 'The lock is released before the queue drains';
const compare = (text: string) => pairShares(wordPairs(wordsOf(REQUIREMENT)), wordPairs(wordsOf(text)), plainRarity);

describe('word pairs', () => {
  it('are all found in the requirement itself', () => {
    const { reversed, ...shares } = compare(REQUIREMENT);
    assert.deepEqual(Object.values(shares), Array(6).fill(1));
    assert.equal(reversed, 0);
  });

  it('are not found in a text of other words', () => {
    assert.deepEqual(Object.values(compare('Bread needs flour and water')), Array(7).fill(0));
  });

  it('know which word comes first', () => {
    const turned = compare('The queue drains before the lock is released');
    assert.ok(turned.reversed > 0.3, String(turned.reversed));
    assert.ok(turned.nearFound < 0.7, String(turned.nearFound));
  });

  it('see the common words between those that tell', () => {
    const [same, other] = [compare('released before the queue'), compare('released after the queue')];
    assert.equal(same.nearFound, other.nearFound);
    assert.ok(same.phrasesFound > other.phrasesFound);
    assert.ok(same.neighboursFound > other.neighboursFound);
  });

  it('are bounded for a very long text', () => {
    const text = Array.from({ length: 20_000 }, (_, i) => `w${i}`).join(' ');
    assert.ok(wordPairs(wordsOf(text)).phrases.size <= 6000);
  });
});
