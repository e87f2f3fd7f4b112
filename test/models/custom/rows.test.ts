import assert from 'node:assert/strict';
import { parseRow } from '../../../src/models/custom/rows.ts';
import { addition, assessment, review } from '../tasks.ts';

const diff = addition('src/a.js', ['const a = 1;']);

describe('rows of training data', () => {
  it('are a task with its label, or flat', () => {
    const task = review(diff);
    assert.deepEqual(parseRow({ task, label: 'reject' }, 'line 1'), { task, label: 'reject' });
    const flat = parseRow({ diff, label: 'approve', lang: 'js', form: 'change', repo: 'a/b' }, 'line 1');
    assert.deepEqual(flat, {
      task: review(diff, { style: false, security: true, performance: false }),
      label: 'approve',
      group: 'a/b',
    });
    const answer = { content: 'an answer', requirements: ['says something'], task: 'SKILL_ASSESSMENT', qid: 'q1' };
    const { criteria, submission } = assessment('an answer', ['says something']);
    assert.deepEqual(parseRow({ ...answer, skill: 'talking', label: 'approve' }, 'line 1'), {
      task: { type: 'SKILL_ASSESSMENT', submission, criteria: { ...criteria, skill: 'talking', level: 50 } },
      label: 'approve',
      group: 'q1',
    });
    assert.equal(parseRow({ ...answer, label: 'approve', group: 'mine' }, 'line 1').group, 'mine');
  });

  const FAULTS: [name: string, row: unknown, message: RegExp][] = [
    ['nothing', null, /^line 7: row: /],
    ['a list', [1], /^line 7: (?:row|label): /],
    ['no label', { diff }, /^line 7: label: must be approve or reject/],
    ['another label', { diff, label: 'good' }, /^line 7: label: must be approve or reject/],
    ['nothing to judge', { label: 'approve' }, /^line 7: holds nothing to judge: give a task, or a diff, or a content/],
    [
      'an answer without requirements',
      { content: 'x', label: 'reject' },
      /^line 7: .*criteria\.requirements: is missing/,
    ],
    ['an empty diff', { diff: ' ', label: 'reject' }, /^line 7: .*pullRequest\.diff: must not be empty/],
    ['a task that is none', { task: { type: 'POEM' }, label: 'reject' }, /^line 7: .*type: must be CODE_REVIEW or/],
    [
      'an unknown field in a task',
      { task: { ...review(diff), x: 1 }, label: 'reject' },
      /^line 7: .*unknown fields: x/,
    ],
    ['an empty group', { diff, label: 'reject', group: ' ' }, /^line 7: group: /],
  ];
  for (const [name, row, message] of FAULTS) {
    it(`are refused with ${name}, by line and field`, () => {
      assert.throws(() => parseRow(row, 'line 7'), { code: 'INVALID_DATA', message, details: { where: 'line 7' } });
    });
  }
});
