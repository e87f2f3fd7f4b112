import { ValidationError } from '../../protocol/errors.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import { table } from '../io.ts';
import type { CommandDefinition, Handler } from '../program.ts';

interface FailedFlags {
  retry?: boolean;
  remove?: boolean;
}

export const defineQueue: CommandDefinition = (program, act) => {
  const queue = program
    .command('queue')
    .description('the Redis queue that tasks come in by')
    .addHelpText('after', examples(['pheme queue failed', 'jobs that ended without a result']));
  queue
    .command('failed')
    .description('show the jobs that failed for good, newest first, with why')
    .option('--retry', 'put all of them back into the queue')
    .option('--remove', 'remove all of them')
    .addHelpText(
      'after',
      examples(
        ['pheme queue failed', 'what was wrong with each'],
        ['pheme queue failed --retry', 'once the cause is mended'],
        ['pheme queue failed --remove', 'those that their senders will not mend'],
      ),
    )
    .action(act(failed));
};

const failed: Handler<FailedFlags> = async (session, { retry = false, remove = false }) => {
  if (retry && remove) throw new ValidationError('give --retry or --remove, not both', 'USAGE');
  const { config } = await session.loadConfig();
  const { openFailedJobs } = await import('../../node/failed-jobs.ts');
  const queue = await openFailedJobs(config);
  try {
    const { total, jobs } = await queue.list();
    if (retry) await queue.retry();
    if (remove) await queue.remove();
    const done = retry ? 'put back' : remove ? 'removed' : 'failed for good';
    session.out.json({ total, done, jobs });
    session.out.lines(table(jobs.map(({ job, failedAt, reason }) => [job, failedAt ?? '', reason])));
    session.out.line(`${total} jobs ${done}`);
    return EXIT.ok;
  } finally {
    queue.close();
  }
};
