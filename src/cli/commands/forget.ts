import { ValidationError } from '../../protocol/errors.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandDefinition, Handler } from '../program.ts';

export const defineForget: CommandDefinition = (program, act) => {
  program
    .command('forget')
    .description("drop a task's body, reports and timeline at this node for good; its certificate still verifies")
    .argument('<taskId>', '64 hex digits')
    .addHelpText(
      'after',
      `${examples(['pheme forget 3f2a...', 'once the network has decided it'])}
Other validators, backups and connected systems keep their copies: forget it there too.`,
    )
    .action(act(forget));
};

const forget: Handler<object> = async (session, _flags, taskId = '') => {
  if (!/^[0-9a-f]{64}$/.test(taskId)) throw new ValidationError('a task id has 64 lower-case hex digits', 'USAGE');
  const rpc = await session.rpc();
  const forgotten = await rpc.call('pheme_forgetTask', { taskId }, { signal: session.io.signal });
  if (forgotten === null)
    throw new ValidationError('this node does not know the task: there is nothing to forget', 'NO_TASK', { taskId });
  session.out.json(forgotten);
  session.out.line(`forgotten: body, reports and timeline of ${taskId} left this node`);
  session.out.note('other validators keep their copies: run this at each of them');
  return EXIT.ok;
};
