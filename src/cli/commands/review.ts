import { type Command, Option } from 'commander';
import { createCommittee } from '../../protocol/committee.ts';
import { ValidationError } from '../../protocol/errors.ts';
import { TASK_BYTES_MAX } from '../../protocol/limits.ts';
import { type AskFlags, askOptions, askVerified } from '../ask.ts';
import { examples } from '../examples.ts';
import { readInput } from '../input.ts';
import { Output } from '../io.ts';
import type { CommandDefinition, Handler } from '../program.ts';
import { FAIL_LEVELS, type FailLevel, FINDING_FILTERS, type FindingFilter, gateExit } from '../review/gate.ts';
import { readGitChange } from '../review/git.ts';
import { earlierFindings } from '../review/since.ts';
import { REVIEW_FORMATS, type ReviewFormat, reviewOf, tellReview } from '../review/tell.ts';
import { type ReviewFlags, reviewOptions, selectReview } from '../review-options.ts';
import type { Session } from '../session.ts';

interface GateFlags extends ReviewFlags, Omit<AskFlags, 'format'> {
  git?: string | true;
  base?: string;
  failLevel: FailLevel;
  filter: FindingFilter;
  since?: string;
  format: ReviewFormat;
}

export const defineReview: CommandDefinition = (program, act) => {
  const command = program
    .command('review')
    .description('have the network review a diff; exit 0 approved, 1 rejected, 3 no verdict')
    .argument('[diff]', 'file of a unified diff, or - for standard input', '-');
  gateOptions(askOptions(reviewOptions(command), REVIEW_FORMATS))
    .addHelpText(
      'after',
      examples(
        ['git diff main | pheme review', 'every category'],
        ['pheme review --git origin/main...HEAD', 'bound to both commits'],
        ['pheme review my.diff --security --head-sha "$(git rev-parse HEAD)"', 'bound to a commit'],
        ['pheme review my.diff --format sarif > review.sarif', 'for code scanning'],
        ['pheme review my.diff --format dsse > review.dsse.json', 'an attestation that a quorum signs'],
        ['pheme review my.diff --json > result.json', 'for pheme verify'],
      ),
    )
    .action(act(review));
};

function gateOptions(command: Command): Command {
  return command
    .option('--git [range]', 'review commits of this repository: A...B, A..B, or A for A...HEAD')
    .option('--base <revision>', 'with --git: where the change parted from')
    .addOption(
      new Option('--fail-level <level>', 'exit 1 also for an approval with findings this grave; none: for no verdict')
        .choices([...FAIL_LEVELS])
        .default('error'),
    )
    .addOption(
      new Option('--filter <what>', 'findings to tell: on added lines, in touched files, all')
        .choices([...FINDING_FILTERS])
        .default('all'),
    )
    .option('--since <result>', 'an earlier result, as file or task id: tells what is new, kept, fixed');
}

const review: Handler<GateFlags> = async (session, flags, path) => {
  const { io, out: shown } = session;
  const { task, leftOut } = await reviewed(session, path, flags);
  const client = await session.verifyingClient(flags.network);
  const out = flags.format === 'pretty' ? shown : new Output(io, true);
  if (leftOut.length > 0)
    out.note(`left out at your request, not covered by the verdict: ${leftOut.length} files: ${leftOut.join(', ')}`);
  const earlier = flags.since === undefined ? undefined : await earlierFindings(io, client, flags.since);
  const verified = await askVerified(session, client, task, { ...flags, out });
  const told = reviewOf(verified, { task, leftOut, filter: flags.filter, earlier });
  await tellReview(out, client, told, { format: flags.format, signal: io.signal });
  const exit = gateExit(verified.result, told.findings, flags.failLevel);
  if (exit !== gateExit(verified.result, [], 'error'))
    out.note(
      `exit code ${exit} by --fail-level ${flags.failLevel}; ${verified.result.outcome} is the verdict of ${createCommittee(client.genesis).networkId.slice(0, 16)}`,
    );
  return exit;
};

async function reviewed({ io }: Session, path: string | undefined, flags: GateFlags) {
  const { git, base } = flags;
  if (git === undefined) {
    if (base !== undefined) throw new ValidationError('--base goes with --git; --base-sha binds a diff', 'USAGE');
    return selectReview(await readInput(io, path, 'diff', TASK_BYTES_MAX), flags);
  }
  const { diff, headSha, baseSha } = await readGitChange(io, rangeOf(git, base));
  for (const [flag, given, found] of [
    ['--head-sha', flags.headSha, headSha],
    ['--base-sha', flags.baseSha, baseSha],
  ] as const) {
    if (given !== undefined && given !== found)
      throw new ValidationError(`${flag} says ${given}, but the range of --git has ${found}`, 'USAGE');
  }
  if (diff === '') throw new ValidationError(`nothing differs between ${baseSha} and ${headSha}`, 'NOTHING_TO_REVIEW');
  return selectReview(diff, { ...flags, headSha, baseSha });
}

function rangeOf(git: string | true, base: string | undefined): string {
  if (base === undefined) return git === true ? '@{upstream}' : git;
  if (git !== true) throw new ValidationError('give --base, or a range to --git, not both', 'USAGE');
  return base;
}
