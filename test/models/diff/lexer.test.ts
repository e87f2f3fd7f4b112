// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the strings are code under review
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Language } from '../../../src/models/diff/language.ts';
import { lexHunk } from '../../../src/models/diff/lexer.ts';

const lex = (language: Language, text: string) =>
  lexHunk({ lines: text.split('\n').map((line, i) => ({ kind: 'added', line: i + 1, text: line })) }, language);
const bare = (language: Language, text: string) => lex(language, text).map((line) => line.bare.trimEnd());
const code = (language: Language, text: string) => lex(language, text).map((line) => line.code.trimEnd());

describe('lexHunk', () => {
  it('tells comments and strings apart by language', () => {
    assert.deepEqual(code('js', "x('// no'); // yes"), ["x('// no');"]);
    assert.deepEqual(bare('python', "a = 'b # c'  # d"), ["a = '     '"]);
    assert.deepEqual(code('sql', "select '--'; -- gone"), ["select '--';"]);
    assert.deepEqual(bare('js', 'u = "http://x/"; /* a\nb */ c()'), ['u = "         ";', '     c()']);
  });

  it('keeps interpolated expressions', () => {
    assert.deepEqual(bare('js', 'q(`a ${req.query.id} b`)'), ['q(`  ${req.query.id}  `)']);
    assert.deepEqual(bare('python', 'q(f"a {x} b", "a {x}")'), ['q(f"  {x}  ", "     ")']);
    assert.deepEqual(bare('php', '$q = "a $id b";'), ['$q = "  $id  ";']);
    assert.deepEqual(bare('ruby', 's "a #{x} b"'), ['s "  #{x}  "']);
  });

  it('does not take a pattern or an unclosed block for a comment', () => {
    assert.deepEqual(code('js', 'x = /[/*]/;\nexec(y)'), ['x = /[/*]/;', 'exec(y)']);
    assert.deepEqual(code('js', 'a = 1 /* open\nexec(y)'), ['a = 1 /* open', 'exec(y)']);
  });

  it('keeps every column, whatever the text', () => {
    const language = fc.constantFrom<Language>(
      'js',
      'python',
      'php',
      'ruby',
      'shell',
      'c',
      'sql',
      'html',
      'go',
      'rust',
    );
    const text = fc
      .array(
        fc.constantFrom('"', "'", '`', '/*', '*/', '//', '#', '${', '}', '\\', 'a', ' ', '\n', '"""', '--', '/', '{'),
      )
      .map((bits) => bits.join(''));
    fc.assert(
      fc.property(language, text, (chosen, source) => {
        const lines = lex(chosen, source);
        assert.equal(lines.map((line) => line.raw).join('\n'), source);
        for (const line of lines)
          assert.deepEqual([line.code.length, line.bare.length], [line.raw.length, line.raw.length]);
      }),
    );
  });
});
