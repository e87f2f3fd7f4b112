import assert from 'node:assert/strict';
import fc from 'fast-check';
import { findingIds } from '../../src/protocol/finding-id.ts';

const finding = (line: number, quote = 'query(x)', more: object = {}) => ({
  file: 'a.js',
  line,
  category: 'security' as const,
  rules: ['js/sql'],
  quote,
  ...more,
});

describe('ids of findings', () => {
  it('survive shifted lines, other indentation and other finders', () => {
    const [before] = findingIds([finding(3)]);
    assert.equal(findingIds([finding(90, '  query( x )', { rules: ['injection', 'js/sql'] })])[0], before);
  });

  it('differ by file, topic, text and occurrence', () => {
    const findings = [
      finding(3),
      finding(9),
      finding(4, 'other(x)'),
      finding(3, 'query(x)', { file: 'b.js' }),
      finding(3, 'query(x)', { rules: ['js/secret'] }),
      finding(3, 'query(x)', { category: 'style' }),
    ];
    assert.equal(new Set(findingIds(findings)).size, findings.length);
  });

  it('do not depend on the order', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { maxLength: 8 }), (lines) => {
        const findings = lines.map((line) => finding(line));
        const reversed = [...findings].reverse();
        assert.deepEqual(findingIds(reversed).reverse(), findingIds(findings));
      }),
    );
  });
});
