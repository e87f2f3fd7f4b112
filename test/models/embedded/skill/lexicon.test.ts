import assert from 'node:assert/strict';
import {
  type Lexical,
  letterFeatures,
  phraseFeatures,
  wordFeatures,
} from '../../../../src/models/embedded/skill/lexicon.ts';
import { prepareRequirement } from '../../../../src/models/embedded/skill/prepared.ts';
import { plainRarity } from '../../../../src/models/embedded/skill/rarity.ts';
import { measure, read, readRequirements } from '../../../../src/models/embedded/skill/reading.ts';

const BUCKETS = 1 << 16;
const requirements = readRequirements([prepareRequirement('The valve opens before the pump starts')]);

function bucketsOf(lexical: Lexical, text: string): Set<number> {
  const reading = read(text, requirements);
  return new Set(lexical(reading, measure(reading, plainRarity), BUCKETS).buckets);
}

const common = (a: ReadonlySet<number>, b: ReadonlySet<number>) => [...a].filter((bucket) => b.has(bucket)).length;

describe('lexical features', () => {
  it('tell a word that stands in place of another one', () => {
    const [before, after] = [
      bucketsOf(wordFeatures, 'the valve opens before the pump starts'),
      bucketsOf(wordFeatures, 'the valve opens after the pump starts'),
    ];
    // `before` is missing, `after` is another word, and both make a pair.
    assert.equal(after.size, before.size - 1 + 3);
  });

  it('know neighbours in their order', () => {
    const [one, other] = [bucketsOf(phraseFeatures, 'pump valve'), bucketsOf(phraseFeatures, 'valve pump')];
    assert.equal(common(one, other), 2);
  });

  it('find most letters of a misspelt word again', () => {
    const [right, wrong] = [bucketsOf(letterFeatures, 'temperature'), bucketsOf(letterFeatures, 'temperatur')];
    assert.ok(common(right, wrong) >= 7, String(common(right, wrong)));
  });

  it('stay few for a long text', () => {
    const text = `valve ${Array.from({ length: 5000 }, (_, i) => `word${i}`).join(' ')}`;
    for (const lexical of [wordFeatures, phraseFeatures, letterFeatures])
      assert.ok(bucketsOf(lexical, text).size < 2500);
  });
});
