import assert from 'node:assert/strict';
import { checkJudgeable } from '../../src/models/check-judgeable.ts';
import { createMockCodeReviewTask } from '../../src/models/mock-task.ts';
import type { ValidationError } from '../../src/protocol/errors.ts';
import { parseTask } from '../../src/protocol/task.ts';
import { addition, assessment, review } from './tasks.ts';

describe('checkJudgeable', () => {
  it('lets pass what has a changed line, and every assessment', () => {
    checkJudgeable(review(addition('a.js', ['a'])));
    checkJudgeable(review('@@ -1 +1 @@\n-a\n+b\n'));
    checkJudgeable(assessment('x', ['y']));
  });

  for (const diff of [
    'hello',
    'diff --git a/a b/a\n',
    '--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n one\n two\n',
    'diff --git a/a.png b/a.png\nBinary files a/a.png and b/a.png differ\n',
  ]) {
    it(`refuses ${JSON.stringify(diff.slice(0, 20))} with the field and the remedy`, () => {
      assert.throws(
        () => checkJudgeable(review(diff)),
        (error: ValidationError) => {
          assert.equal(error.code, 'INVALID_TASK');
          assert.deepEqual((error.details['faults'] as { path: string }[])[0]!.path, 'pullRequest.diff');
          assert.match(error.message, /git diff/);
          return true;
        },
      );
    });
  }

  it('accepts the demonstration task, which is a valid task', () => {
    checkJudgeable(createMockCodeReviewTask());
    assert.deepEqual(parseTask(createMockCodeReviewTask()), createMockCodeReviewTask());
  });
});
