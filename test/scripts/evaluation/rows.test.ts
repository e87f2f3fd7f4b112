import assert from 'node:assert/strict';
import { gamingRows } from '../../../scripts/evaluation/gaming.ts';
import { asEvalRow, inSampleSources, labelledRow } from '../../../scripts/evaluation/rows.ts';
import { addition, review } from '../../models/tasks.ts';

const diff = addition('a.js', ['b();']);

describe('labelled rows', () => {
  it('are tasks, diffs or answers, grouped by repository or question', () => {
    const change = labelledRow({
      diff,
      label: 'reject',
      repo: 'o/r',
      lang: 'js',
      form: 'change',
      source: 's',
      pair: 1,
    })!;
    assert.deepEqual(
      [change.kind, change.slice, change.group, change.pair, change.bad],
      ['code', 's js change', 'o/r', '1 change', true],
    );
    const answer = labelledRow({ content: 'x', requirements: ['y'], label: 'approve', qid: 'q1' })!;
    assert.deepEqual([answer.kind, answer.slice, answer.group, answer.bad], ['skill', 'unnamed', 'q1', false]);
    const task = labelledRow({ task: review(diff), label: 'approve' })!;
    assert.deepEqual(task.task, review(diff));
  });

  it('are none without a task or a label', () => {
    for (const record of [
      { text: 'x', label: 'injection' },
      { diff },
      { diff, label: 'maybe' },
      { content: 'x', label: 'approve' },
    ])
      assert.equal(labelledRow(record), undefined);
  });

  it('are left out where no network would take them as tasks', () => {
    const empty = { content: '', requirements: ['y'], label: 'reject' };
    assert.equal(asEvalRow(empty, labelledRow), undefined);
    assert.equal(asEvalRow({ ...empty, content: 'x' }, labelledRow)?.bad, true);
  });

  it('say when the shipped weights know their source', () => {
    const row = (source: string) => labelledRow({ diff, label: 'approve', source })!;
    assert.deepEqual(inSampleSources([row('sven'), row('ours'), row('sven'), row('merged commit (silver)')]), [
      'sven',
      'merged commit (silver)',
    ]);
    assert.equal(row('merged commit (silver)').benign, true);
  });

  it('are neutral where a change adds about what it removes', () => {
    const change = (body: string) => `--- a/x.js\n+++ b/x.js\n@@ -1,9 +1,9 @@\n${body}\n`;
    const neutral = (body: string) => labelledRow({ diff: change(body), label: 'approve' })!.neutral;
    assert.equal(neutral('-a\n+b\n+c'), true);
    assert.equal(neutral('-a\n+b\n+c\n+d'), false);
    assert.equal(neutral('+b'), false, 'new code has no direction');
  });
});

describe('gaming attempts', () => {
  const row = {
    id: '1',
    source: 's',
    content: 'an answer',
    requirements: ['The membrane is permeable and keeps larger molecules outside.'],
    skill: 'biology',
    good: true,
    group: 'q',
    question: 'What does the membrane do to molecules?',
  };

  it('are made once for each question, all bad, the same from one seed', () => {
    const rows = gamingRows([row, { ...row, id: '2', content: 'another' }], 1);
    assert.equal(new Set(rows.map(({ slice }) => slice)).size, rows.length);
    assert.ok(rows.length >= 12 && rows.every(({ bad, group }) => bad && group === 'q'));
    assert.deepEqual(rows, gamingRows([row], 1));
    const contents = new Map(
      rows.map(({ slice, task }) => [slice, task.type === 'SKILL_ASSESSMENT' && task.submission.content]),
    );
    assert.equal(contents.get('copied question'), row.question);
    assert.equal(contents.get('copied requirements'), row.requirements[0]);
    assert.match(String(contents.get('each clause denied')), /is never permeable/);
    assert.notEqual(contents.get('shuffled words'), row.requirements[0]);
  });

  it('leave out questions whose answer is a word or two', () => {
    assert.deepEqual(gamingRows([{ ...row, requirements: ['It melts.'] }], 1), []);
  });
});
