import assert from 'node:assert/strict';
import fc from 'fast-check';
import { inert, inertJson, inertLines } from '../../src/cli/inert.ts';
import { HOSTILE_TEXTS, isInertLine } from './hostile-texts.ts';

describe('inert text', () => {
  for (const [name, text] of Object.entries(HOSTILE_TEXTS)) {
    it(`neutralises ${name}`, () => {
      assert.equal(isInertLine(text), false, 'the corpus entry itself must be hostile');
      assert.equal(isInertLine(inert(text)), true, inert(text));
      assert.equal(isInertLine(inertJson({ text })), true, inertJson({ text }));
      assert.deepEqual(JSON.parse(inertJson({ text })), { text });
    });
  }

  it('shows what it neutralised', () => {
    assert.equal(inert('\x1b[31mred'), '\\x1b[31mred');
    assert.equal(inert('a\nb\r\tc'), 'a\\nb\\r c');
    assert.equal(inert('user\u202etxt.exe'), 'user\\u{202e}txt.exe');
    assert.equal(inert(' ::set-output name=x::1'), ' :\\u003aset-output name=x::1');
    assert.equal(inert('##vso[task.setvariable]'), '#\\u0023vso[task.setvariable]');
  });

  it('leaves ordinary text alone, in any script', () => {
    for (const text of [
      'std::string a;',
      'naïve café',
      'Grüße, 世界, שלום, مرحبا',
      'emoji 🎉 ⚠️',
      '# heading ## two',
      'a\\nb',
    ]) {
      assert.equal(inert(text), text);
    }
  });

  it('keeps the lines of a text apart and each inert', () => {
    assert.deepEqual(inertLines('one\n::error::two\r\nthree'), ['one', ':\\u003aerror::two', 'three']);
  });

  it('is inert and idempotent on any text', () => {
    const parts = fc.constantFrom(...Object.values(HOSTILE_TEXTS), '::', '##', '[', ' ', ':', '#', 'vso[', '\u0301');
    fc.assert(
      fc.property(fc.array(fc.oneof(parts, fc.string({ unit: 'binary' }))), (pieces) => {
        const text = pieces.join('');
        const shown = inert(text);
        assert.equal(isInertLine(shown), true);
        assert.equal(inert(shown), shown);
        assert.deepEqual(JSON.parse(inertJson(text)), text);
      }),
    );
  });
});
