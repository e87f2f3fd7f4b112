import type { Command } from 'commander';
import { createReviewTask } from '../node/review-task.ts';
import { TASK_BYTES_MAX } from '../protocol/limits.ts';
import type { CodeReviewTask } from '../protocol/task.ts';
import { collectList, deadline } from './arguments.ts';
import { readInput } from './input.ts';
import type { Io } from './io.ts';

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
    .option('--deadline <time>', 'when the answer is no longer wanted: a time, or a duration such as 10m', deadline);
}

/** @throws ValidationError INVALID_TASK, TASK_TOO_LARGE, INPUT_MISSING, INPUT_TOO_LARGE */
export async function readReviewTask(io: Io, path: string | undefined, flags: ReviewFlags): Promise<CodeReviewTask> {
  const { security = false, style = false, performance = false, ...rest } = pick(flags);
  const diff = await readInput(io, path, 'diff', TASK_BYTES_MAX);
  return createReviewTask({ diff, requirements: { security, style, performance }, ...rest });
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
