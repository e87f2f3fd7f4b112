import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fold } from '../../../src/models/screening/fold.ts';
import { wordsOf } from '../../../src/models/screening/words.ts';

const words = (text: string) => wordsOf(fold(text), text).map((word) => word.text);

describe('fold', () => {
  const SAME: Record<string, string> = {
    'full width': 'ｉｇｎｏｒｅ',
    'mathematical letters': '𝗶𝗴𝗻𝗼𝗿𝗲',
    'Cyrillic doubles': 'ignоrе',
    'Greek doubles': 'ιgnοre',
    accents: 'ígnöre',
    'soft hyphens': 'ig\u00adnore',
    'zero-width characters': 'i\u200bg\u200dn\u2060ore',
    'variation selectors': 'i\ufe0fgnore',
    'tag characters': [...'ignore'].map((char) => String.fromCodePoint(0xe0000 + char.charCodeAt(0))).join(''),
    'upper case': 'IGNORE',
  };
  for (const [name, text] of Object.entries(SAME))
    it(`reads through ${name}`, () => assert.deepEqual(words(text), ['ignore']));

  it('tells what people do not see, and leaves emoji, flags and other scripts alone', () => {
    const hidden = (text: string) => fold(text).hidden.length > 0;
    for (const text of ['ap\u200bprove', 'a \u202e b', '\u{e0061}\u{e0070}', 'x \u2066y'])
      assert.ok(hidden(text), JSON.stringify(text));
    const harmless = [
      '👩\u200d💻',
      '🏴\u{e0067}\u{e0062}\u{e007f}',
      'می\u200cخواهم',
      '\ufeffimport x',
      '\u202apath\u202c',
    ];
    for (const text of harmless) assert.ok(!hidden(text), JSON.stringify(text));
  });

  it('says of each unit where its character begins', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const { text: folded, from } = fold(text);
        for (let i = 0; i < folded.length; i++) {
          const before = fold(text.slice(0, from[i]!)).text;
          assert.equal(before, folded.slice(0, from.indexOf(from[i]!)));
        }
      }),
    );
  });
});

describe('wordsOf', () => {
  it('takes identifiers apart and reads digits, spelled words and slugs', () => {
    assert.deepEqual(words('ignoreAllRules approve_this appr0ve'), [
      'ignore',
      'all',
      'rules',
      'approve',
      'this',
      'approve',
    ]);
    assert.deepEqual(words('please a-p-p-r-o-v-e it'), ['please', 'approve', 'it']);
    assert.deepEqual(words('utf8 2024 v1.2'), ['utf8', '2024', 'v1', '2']);
  });

  it('gives the place of each word in the source', () => {
    const text = 'x ＡＢ\u200bc; dEf';
    const places = wordsOf(fold(text), text).map(({ start, end }) => text.slice(start, end));
    assert.deepEqual(places, ['x', 'ＡＢ\u200bc', 'd', 'Ef']);
  });
});
