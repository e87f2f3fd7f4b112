import assert from 'node:assert/strict';
import { defaultHoldOut, groupRows, sketchOf } from '../../../src/models/custom/grouping.ts';
import { addition, assessment, GOOD_ANSWER, review } from '../tasks.ts';

const answer = (text: string) => sketchOf(assessment(text, ['anything']));
const alone = (sketch: Uint32Array) => ({ group: undefined, sketch });

describe('groups of rows', () => {
  it('keep near copies together, and nothing else', () => {
    const other = 'Indexes let the database find rows without reading the whole table, at the price of slower writes.';
    const rows = [
      GOOD_ANSWER,
      GOOD_ANSWER.toUpperCase().replaceAll(',', ' ;'),
      `${GOOD_ANSWER} That is all.`,
      other,
      `So: ${other}`,
    ];
    const [a, b, c, d, e] = groupRows(
      rows.map((text) => alone(answer(text))),
      'row',
    );
    assert.deepEqual([a === b, b === c, d === e, a === d], [true, true, true, false]);
  });

  it('keep a change and its reversal together, and small changes of one file apart', () => {
    const lines = [
      'const total = prices.reduce((sum, price) => sum + price, 0);',
      'if (total > limit) throw new RangeError(limit);',
    ];
    const forward = addition('src/total.js', lines);
    const [a, b, c] = groupRows(
      [
        forward,
        forward.replace(/^\+(?!\+\+ )/gm, '-'),
        addition('src/total.js', ['export const version = 4;', 'log(version);']),
      ].map((diff) => alone(sketchOf(review(diff)))),
      'row',
    );
    assert.deepEqual([a === b, a === c], [true, false]);
  });

  it('keep what rows name together only where whole groups are held out', () => {
    const texts = ['one answer about joins', 'an index is a sorted copy', 'transactions are all or nothing'];
    const rows = texts.map((text, i) => ({ group: i < 2 ? 'databases' : undefined, sketch: answer(text) }));
    assert.equal(new Set(groupRows(rows, 'group')).size, 2);
    assert.equal(new Set(groupRows(rows, 'row')).size, 3);
  });

  it('are held out as a whole where there are at least five', () => {
    const rows = (groups: (string | undefined)[]) => groups.map((group, i) => ({ group, sketch: answer(`${i}`) }));
    assert.equal(defaultHoldOut(rows(['a', 'b', 'c', 'd', 'a', undefined, undefined])), 'row');
    assert.equal(defaultHoldOut(rows(['a', 'b', 'c', 'd', 'e'])), 'group');
  });

  it('are found for texts without words', () => {
    assert.equal(answer('?!').length, answer(GOOD_ANSWER).length);
  });
});
