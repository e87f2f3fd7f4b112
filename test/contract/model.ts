import assert from 'node:assert/strict';
import type { BaseModel } from '../../src/models/base-model.ts';
import type { Judgement } from '../../src/protocol/judgement.ts';
import { encodeReport } from '../../src/protocol/report.ts';
import type { Task } from '../../src/protocol/task.ts';
import { addition, assessment, GOOD_ANSWER, INJECTION_REQUIREMENTS, review } from '../models/tasks.ts';

const TASKS: Record<string, Task> = {
  'a change': review(addition('src/a.js', ['const a = 1;'])),
  'a change with a defect': review(addition('src/a.js', ["exec('ls ' + req.query.path);"])),
  'no diff at all': review('just words'),
  'a binary': review('diff --git a/a.exe b/a.exe\nBinary files a/a.exe and b/a.exe differ\n'),
  'odd characters': review(addition('src/\u202ea.js', ['const \u0000a = "\ud83d\ude00\u200b";'])),
  'an answer': assessment(GOOD_ANSWER, INJECTION_REQUIREMENTS, [
    'https://example.org/my-work',
    'I have done this for years.',
  ]),
  'a blank answer': assessment('?', ['anything']),
  'a requirement of marks': assessment('words and more words', ['???', '']),
};

/** What every model must hold to, whatever it thinks of a task. */
export function modelContract(name: string, create: () => BaseModel | Promise<BaseModel>): void {
  describe(`${name} as a model`, () => {
    for (const [title, task] of Object.entries(TASKS)) {
      it(`gives a well-formed judgement of ${title}`, async () => {
        const model = await create();
        const judgement = await model.predict(task);
        assertWellFormed(judgement, task);
        assert.equal(judgement.model.id, model.identity.id);
        assert.equal(judgement.model.family, model.identity.family);
      });
    }

    it('never approves what it did not cover', async () => {
      const judgement = await (await create()).predict(TASKS['a binary']!);
      assert.notEqual(judgement.vote, 'approve');
      assert.equal(judgement.complete, false);
    });

    it('rejects with the reason of an aborted signal, and only so', async () => {
      const reason = new Error('enough');
      await assert.rejects((await create()).predict(TASKS['a change']!, { signal: AbortSignal.abort(reason) }), reason);
    });
  });
}

export function assertWellFormed(judgement: Judgement, task: Task): void {
  const { vote, abstainReason, confidence, score, coverage, findings } = judgement;
  assert.equal(abstainReason !== undefined, vote === 'abstain', 'a reason exactly for abstentions');
  assert.ok(confidence >= 0.5 && confidence <= 1, `confidence ${confidence}`);
  assert.ok(score === undefined || (score >= 0 && score <= 1), `score ${score}`);
  assert.ok(
    coverage.linesJudged <= coverage.linesTotal && coverage.filesJudged <= coverage.filesTotal,
    JSON.stringify(coverage),
  );
  assert.ok(judgement.summary.length > 0);
  if (vote === 'approve') assert.ok(judgement.complete, 'an approval is complete');
  const errors = findings.filter(({ severity }) => severity === 'error');
  assert.equal(
    errors.length > 0,
    vote === 'reject' && task.type === 'CODE_REVIEW',
    'an error rejects, and nothing else does',
  );
  if (task.type === 'CODE_REVIEW')
    for (const { quote } of findings) assert.ok(task.pullRequest.diff.includes(quote), `literal quote ${quote}`);
  encodeReport(judgement); // throws where the wire could not carry it
}
