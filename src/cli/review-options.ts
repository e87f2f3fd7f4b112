import type { Command } from 'commander';
import { selectFiles } from '../node/diff-sections.ts';
import { createReviewTask } from '../node/review-task.ts';
import { ValidationError } from '../protocol/errors.ts';
import { TASK_BYTES_MAX } from '../protocol/limits.ts';
import type { CodeReviewTask } from '../protocol/task.ts';
import { collectList, deadline } from './arguments.ts';
import { readInput } from './input.ts';
import type { Io } from './io.ts';
import { globMatcher } from './review/globs.ts';

/** Flags that make a review of a diff; with the same flags `verify --diff` finds the same task again. */
export interface ReviewFlags {
  security?: boolean;
  style?: boolean;
  performance?: boolean;
  url?: string;
  files?: string[];
  repository?: string;
  headSha?: string;
  baseSha?: string;
  deadline?: number;
  include?: string[];
  exclude?: string[];
}

export function reviewOptions(command: Command): Command {
  return command
    .option('--security', 'review for security')
    .option('--style', 'review for style')
    .option('--performance', 'review for performance (without any of the three: all)')
    .option('--url <url>', 'address of the pull request; never fetched')
    .option(
      '--files <paths>',
      'the changed files, separated by commas; may be given again (else those that the diff names)',
      collectList,
    )
    .option('--repository <name>', 'repository that the verdict is bound to')
    .option('--head-sha <sha>', 'commit that the verdict is bound to')
    .option('--base-sha <sha>', 'commit that the diff starts from')
    .option('--include <globs>', 'review these paths only, e.g. src/**; may be given again', collectList)
    .option('--exclude <globs>', 'leave these paths out; the verdict does not cover them', collectList)
    .option('--deadline <time>', 'when the answer is no longer wanted: a time, or a duration such as 10m', deadline);
}

/** A review's task, and the paths that the user left out of it. */
export interface SelectedReview {
  task: CodeReviewTask;
  leftOut: string[];
}

/** @throws ValidationError INVALID_TASK, TASK_TOO_LARGE, NOTHING_TO_REVIEW, INPUT_MISSING, INPUT_TOO_LARGE */
export async function readReviewTask(io: Io, path: string | undefined, flags: ReviewFlags): Promise<CodeReviewTask> {
  return selectReview(await readInput(io, path, 'diff', TASK_BYTES_MAX), flags).task;
}

/** @throws ValidationError INVALID_TASK, TASK_TOO_LARGE, NOTHING_TO_REVIEW */
export function selectReview(given: string, flags: ReviewFlags): SelectedReview {
  const { include, exclude = [] } = flags;
  const all = include === undefined && exclude.length === 0;
  const { diff, leftOut } = all ? { diff: given, leftOut: [] } : selectFiles(given, wantedBy(include, exclude));
  if (leftOut.length > 0 && !diff.includes('diff --')) {
    const message = '--include and --exclude leave every changed file out: there is nothing to review';
    throw new ValidationError(message, 'NOTHING_TO_REVIEW');
  }
  const { security = false, style = false, performance = false, ...rest } = pick(flags);
  return { task: createReviewTask({ diff, requirements: { security, style, performance }, ...rest }), leftOut };
}

function wantedBy(include: readonly string[] | undefined, exclude: readonly string[]): (path: string) => boolean {
  const [included, excluded] = [globMatcher(include ?? ['**']), globMatcher(exclude)];
  return (path) => included(path) && !excluded(path);
}

/** The flags of a review among those of a command. */
function pick({
  security,
  style,
  performance,
  url,
  files,
  repository,
  headSha,
  baseSha,
  deadline,
}: ReviewFlags): ReviewFlags {
  const flags = { security, style, performance, url, files, repository, headSha, baseSha, deadline };
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
}
