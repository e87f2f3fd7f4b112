import assert from 'node:assert/strict';
import { loadAnalysers } from '../../../../../src/models/embedded/code/analysers/analysers.ts';
import { addedTo } from './sources.ts';

const analysers = await loadAnalysers();
const lint = (line: string, path = 'app.js') =>
  analysers.evidence(addedTo(path, [line])).map(({ rule, severity }) => `${rule} ${severity}`);

describe('regex analyser', () => {
  it('finds patterns whose matching grows exponentially', () => {
    assert.deepEqual(lint('if (/^(\\w+\\s?)+$/.test(name)) f();'), ['regex/exponential error']);
    assert.deepEqual(lint('const p = new RegExp("^(x+x+)+y");'), ['regex/exponential error']);
    assert.deepEqual(lint('ok = re.match(r"(?P<a>a+)+$", text)', 'app.py'), ['regex/exponential error']);
  });

  it('warns of patterns whose matching grows with a power', () => {
    assert.deepEqual(lint('const trimmed = text.replace(/\\s+$/, "");'), ['regex/polynomial warning']);
  });

  it('passes linear patterns, divisions, comments and texts', () => {
    assert.deepEqual(lint('if (/^[\\w.]+$/.test(name)) f();'), []);
    assert.deepEqual(lint('const a = b / c; // /(a+)+$/'), []);
    assert.deepEqual(lint('const a = "/(a+)+$/";'), []);
    assert.deepEqual(lint('const broken = /(?<a/;'), []);
  });

  it('lowers errors in tests', () => {
    assert.deepEqual(lint('if (/^(\\w+\\s?)+$/.test(name)) f();', 'test/app.test.js'), ['regex/exponential warning']);
  });

  it('bounds the work on bait and says so', () => {
    const notes: string[] = [];
    const bait = Array.from({ length: 300 }, (_, i) => `x = /${'[\\w\\s\\p{L}]*'.repeat(15)}${i}/u;`);
    analysers.evidence(addedTo('app.js', bait), (text) => notes.push(text));
    assert.deepEqual(notes, ['regex: regular expressions were left out: together they take too long']);
  });
});
