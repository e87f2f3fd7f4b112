import { invalidInput } from '../protocol/errors.ts';
import type { Task } from '../protocol/task.ts';
import { parseDiff } from './diff/parse-diff.ts';

/**
 * Refuses, before it is submitted, a review whose diff holds no hunk with a changed line: no judge could answer it.
 * @throws ValidationError INVALID_TASK with `details.faults`, path `pullRequest.diff`
 */
export function checkJudgeable(task: Task): void {
  if (task.type !== 'CODE_REVIEW') return;
  const { changedLines } = parseDiff(task.pullRequest.diff);
  if (changedLines > 0) return;
  const message = 'no hunk with a changed line found: give a unified diff as `git diff` prints it';
  throw invalidInput('nothing to judge', [{ path: 'pullRequest.diff', message }]);
}
