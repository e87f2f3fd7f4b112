import { ValidationError } from '../../protocol/errors.ts';
import { NAME_CHARS_MAX } from '../../protocol/limits.ts';
import { parseTask, type Task } from '../../protocol/task.ts';
import { deadline } from '../arguments.ts';
import { type AskFlags, ask, askOptions } from '../ask.ts';
import { examples } from '../examples.ts';
import type { CommandDefinition, Handler } from '../program.ts';

interface EscalateFlags extends AskFlags {
  reason: string;
  deadline?: number;
}

export const defineEscalate: CommandDefinition = (program, act) => {
  const command = program
    .command('escalate')
    .description('have a decided task judged again, for a reason, as a new task that names the first')
    .argument('<taskId>', '64 hex digits')
    .requiredOption('--reason <text>', `why; every validator sees it, at most ${NAME_CHARS_MAX} characters`)
    .option('--deadline <time>', 'when the answer is no longer wanted: a time, or a duration such as 10m', deadline);
  askOptions(command)
    .addHelpText('after', examples(['pheme escalate 3f2a... --reason "two models did not know the dialect"', '']))
    .action(act(escalate));
};

const escalate: Handler<EscalateFlags> = async (session, flags, taskId = '') => {
  if (!/^[0-9a-f]{64}$/.test(taskId)) throw new ValidationError('a task id has 64 lower-case hex digits', 'USAGE');
  const { signal } = session.io;
  const client = await session.verifyingClient(flags.network);
  const first = await client.result(taskId, signal);
  if (first === null) throw new ValidationError('no result to escalate: the task is not decided', 'NO_RESULT');
  const held = (await client.rpc.call('pheme_getTask', { taskId }, { signal }))?.task;
  if (held == null)
    throw new ValidationError('the node does not hold the task any more: ask another', 'NO_TASK', { taskId });
  const task = parseTask(held);
  if (client.taskIdOf(task) !== taskId)
    throw new ValidationError('the node answered with another task than it was asked for', 'NOT_AUTHENTIC');
  session.out.line(`escalates ${taskId}, which ended ${first.result.outcome}: ${flags.reason}`);
  return ask(session, escalated(task, taskId, flags), flags);
};

/** The same question; times and attempts of the first asking do not bind the second. */
function escalated(task: Task, taskId: string, { reason, deadline }: EscalateFlags): Task {
  const { attempt: _attempt, deadline: _deadline, notAfter: _notAfter, ...question } = task;
  const escalates = { taskId, reason };
  return parseTask({ ...question, escalates, ...(deadline === undefined ? {} : { deadline }) });
}
