import assert from 'node:assert/strict';
import fc from 'fast-check';
import { similarTo } from '../../src/config/similar.ts';

describe('config/similar', () => {
  const KNOWN = ['concurrency', 'timeout', 'retryLimit', 'port', 'host'];
  const CASES: [string, string | undefined][] = [
    ['concurency', 'concurrency'],
    ['tiemout', 'timeout'],
    ['retrylimit', 'retryLimit'],
    ['prot', 'port'],
    ['hots', 'host'],
    ['temperature', undefined],
    ['x', undefined],
    ['x'.repeat(1000), undefined],
  ];
  for (const [word, meant] of CASES) {
    it(`takes ${word.slice(0, 20)} for ${meant ?? 'nothing that is known'}`, () => {
      assert.equal(similarTo(word, KNOWN), meant);
    });
  }

  it('finds a word from which one letter is missing', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{4,20}$/), fc.nat(), (word, at) => {
        const cut = at % word.length;
        assert.equal(similarTo(word.slice(0, cut) + word.slice(cut + 1), [word]), word);
      }),
    );
  });
});
