import assert from 'node:assert/strict';
import fc from 'fast-check';
import { pythonFragment } from '../../../../../src/models/embedded/code/analysers/python-fragment.ts';
import { sourcesOf } from './sources.ts';

const fragmentOf = (lines: string[]) => pythonFragment(sourcesOf({ 'app.py': lines })[0]!.hunks, ['import os']);

describe('python fragment', () => {
  it('opens the blocks that were open before the hunk', () => {
    const { rows } = fragmentOf(['        a()', '+    else:', '        b()', '+except KeyError:', '    pass']);
    assert.deepEqual(rows, [
      'import os',
      'try:',
      '    if 1:',
      '        a()',
      '    else:',
      '        b()',
      'except KeyError:',
      '    pass',
    ]);
  });

  it('gives a body to a block and an end to a bracket that the hunk leaves open', () => {
    assert.equal(fragmentOf(['+if a:']).rows.at(-1), ' pass');
    assert.equal(fragmentOf(['+x = f([']).rows.at(-1), '])');
    assert.equal(fragmentOf(['@cached']).rows.at(-1), 'def _(): pass');
  });

  it('begins the bracket or the block of which a hunk shows the end', () => {
    assert.deepEqual(fragmentOf(['    a, b)', '+c()']).rows.slice(1, 4), ['if 1:', '    _ = (', '    a, b)']);
    assert.deepEqual(fragmentOf(['else:', '+    c()']).rows.slice(1, 4), ['if 1:', ' pass', 'else:']);
  });

  it('leaves out the end of a text that began before the hunk', () => {
    const { rows } = fragmentOf(['    says it all.', '    """', '+    return os.getcwd()']);
    assert.deepEqual(rows, ['import os', 'return os.getcwd()']);
  });

  it('reads Python 2', () => {
    const { rows } = fragmentOf(['+try:', '+    print "a"', '+except OSError, error:', '+    pass']);
    assert.deepEqual(rows.slice(1), ['try:', '    print("a")', 'except OSError as error:', '    pass']);
  });

  it('keeps no comment: comments can switch a checker off', () => {
    assert.equal(fragmentOf(['+eval(a)  # noqa']).rows[1]!.trim(), 'eval(a)');
  });

  it('cuts what nests deeper than checkers survive', () => {
    assert.equal(fragmentOf([`+x = ${'('.repeat(100)}1${')'.repeat(100)}`]).rows[1], 'pass');
    const long = fragmentOf(['+x = (a', ...Array.from({ length: 2000 }, () => '+    + b'), '+)']).rows.join('');
    assert.ok(long.split('+').length <= 1001);
  });

  it('has an origin for each row, in order, each line at most once', () => {
    const piece = fc.constantFrom('if a:', 'else:', 'x = (', ')', '"""', "'''", 'f(', '@d', 'return', '\\', '# x', '}');
    const line = fc.tuple(fc.nat(9), fc.array(piece, { maxLength: 3 }), fc.boolean());
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), (lines) => {
        const texts = lines.map(([depth, parts, added]) => `${added ? '+' : ''}${' '.repeat(depth)}${parts.join(' ')}`);
        const { rows, origins } = fragmentOf(texts);
        assert.equal(rows.length, origins.length);
        assert.ok(rows.every((row) => !row.includes('\n')));
        const numbers = origins.flatMap((origin) => (origin === undefined ? [] : [origin.line]));
        assert.deepEqual(
          numbers,
          [...new Set(numbers)].sort((a, b) => a - b),
        );
      }),
    );
  });
});
