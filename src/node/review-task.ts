import { checkJudgeable } from '../models/check-judgeable.ts';
import { parseDiff } from '../models/diff/parse-diff.ts';
import { type CodeReviewTask, parseTask } from '../protocol/task.ts';

/** What is known of a review; whatever is left out stays out of the task, or follows from the diff. */
export interface ReviewRequest {
  /** Unified diff, as `git diff` prints it. */
  diff: string;
  /** Paths of the changed files; those that the diff names unless given. */
  files?: readonly string[];
  /** Empty unless given. */
  url?: string;
  /** All three if none is asked for. */
  requirements?: Partial<CodeReviewTask['requirements']>;
  repository?: string;
  headSha?: string;
  baseSha?: string;
  /** Unix seconds. */
  deadline?: number;
}

/**
 * The task that reviews a diff: the same request always gives the same task, hence the same id on a network.
 * @throws ValidationError INVALID_TASK, also for a diff without a changed line; TASK_TOO_LARGE
 */
export function createReviewTask({
  diff,
  files,
  url = '',
  requirements = {},
  ...binding
}: ReviewRequest): CodeReviewTask {
  const { style = false, security = false, performance = false } = requirements;
  const all = !(style || security || performance);
  const task = parseTask({
    type: 'CODE_REVIEW',
    pullRequest: { url, diff, files: files ?? [...new Set(parseDiff(diff).files.map(({ path }) => path))] },
    requirements: { style: style || all, security: security || all, performance: performance || all },
    ...Object.fromEntries(Object.entries(binding).filter(([, value]) => value !== undefined)),
  });
  checkJudgeable(task);
  return task as CodeReviewTask;
}
