import { type AskFlags, ask, askOptions } from '../ask.ts';
import { examples } from '../examples.ts';
import type { CommandDefinition, Handler } from '../program.ts';
import { type ReviewFlags, readReviewTask, reviewOptions } from '../review-options.ts';

export const defineReview: CommandDefinition = (program, act) => {
  const command = program
    .command('review')
    .description('have the network review a diff; exit 0 approved, 1 rejected, 3 no verdict')
    .argument('[diff]', 'file of a unified diff, or - for standard input', '-');
  askOptions(reviewOptions(command))
    .addHelpText(
      'after',
      examples(
        ['git diff main | pheme review', 'every category'],
        ['pheme review my.diff --security --head-sha "$(git rev-parse HEAD)"', 'bound to a commit'],
        ['pheme review my.diff --json > result.json', 'for pheme verify'],
      ),
    )
    .action(act(review));
};

const review: Handler<ReviewFlags & AskFlags> = async (session, flags, path) => {
  return ask(session, await readReviewTask(session.io, path, flags), flags);
};
