import assert from 'node:assert/strict';
import {
  absenceSentence,
  isoSeconds,
  REASON_CODES,
  REASON_TEXTS,
  validatorLabel,
} from '../../src/protocol/explanation.ts';
import { ABSTAIN_REASONS } from '../../src/protocol/judgement.ts';
import { REASONS } from '../../src/protocol/value.ts';

describe('the words of explanations', () => {
  it('cover every reason of an outcome and of an abstention', () => {
    const codes = new Set<string>(REASON_CODES);
    for (const reason of REASONS) assert.ok(codes.has(reason), reason);
    for (const reason of ABSTAIN_REASONS) assert.ok(codes.has(`abstained_${reason}`), reason);
  });

  it('are there for every code, each its own, and each with a remedy', () => {
    const words = REASON_CODES.map((code) => REASON_TEXTS[code].words);
    assert.equal(new Set(words).size, words.length);
    for (const code of REASON_CODES) {
      const { words: told, remedy } = REASON_TEXTS[code];
      assert.match(code, /^[a-z]+(_[a-z]+)*$/);
      assert.match(told, /^[^A-Z\n].{10,}[^.]$/, code);
      assert.match(remedy, /^.{15,}[^.]$/, code);
    }
  });

  it('name a validator by position and key, and its absence to the second', () => {
    const key = 'ab12cd34'.repeat(8);
    const atMs = Date.UTC(2026, 10, 22, 21, 40, 3, 999);
    assert.equal(validatorLabel(2, key), 'validator 2 (ab12cd34…)');
    assert.equal(isoSeconds(atMs), '2026-11-22T21:40:03Z');
    assert.equal(absenceSentence(2, key, atMs), 'validator 2 (ab12cd34…) is not connected since 2026-11-22T21:40:03Z');
  });
});
