import type { VerifyingClient } from '../../node/client.ts';
import type { ConsensusResult } from '../../protocol/consensus-result.ts';
import { ValidationError } from '../../protocol/errors.ts';
import { questionOf } from '../../protocol/escalation.ts';
import { NAME_CHARS_MAX } from '../../protocol/limits.ts';
import { parseTask, type Task } from '../../protocol/task.ts';
import { deadline } from '../arguments.ts';
import { type AskFlags, askOptions, askVerified, outputFor, printResult } from '../ask.ts';
import { heldTask } from '../attestation.ts';
import { examples } from '../examples.ts';
import { exitOfOutcome } from '../exit-codes.ts';
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
    .option(
      '--deadline <time>',
      'when the answer is no longer wanted: a time, or a duration such as 10m; the first one does not bind',
      deadline,
    );
  askOptions(command)
    .addHelpText(
      'after',
      examples(
        [
          'pheme escalate 3f2a... --reason "two models did not know the dialect"',
          'validators with escalation.model ask that one',
        ],
        ['pheme escalate 3f2a... --reason "a late review" --deadline 1h --timeout 10m', 'waits longer too'],
      ),
    )
    .action(act(escalate));
};

const escalate: Handler<EscalateFlags> = async (session, flags, taskId = '') => {
  if (!/^[0-9a-f]{64}$/.test(taskId)) throw new ValidationError('a task id has 64 lower-case hex digits', 'USAGE');
  const { signal } = session.io;
  const client = await session.verifyingClient(flags.network);
  const first = (await client.result(taskId, signal))?.result;
  if (first === undefined) throw new ValidationError('no result to escalate: the task is not decided', 'NO_RESULT');
  const again = escalated(await decidedTask(client, taskId, signal), taskId, flags);
  const out = outputFor(session, flags.format);
  out.line(`escalates ${taskId}, which ended ${first.outcome}: ${flags.reason}`);
  const verified = await askVerified(session, client, again, { ...flags, out });
  printResult(out, client, verified);
  out.line(modelsLine(first, verified.result));
  return exitOfOutcome(verified.result.outcome);
};

async function decidedTask(client: VerifyingClient, taskId: string, signal: AbortSignal): Promise<Task> {
  const task = await heldTask(client, taskId, signal);
  if (client.isTask(taskId, task)) return task;
  throw new ValidationError('the node answered with another task than it was asked for', 'NOT_AUTHENTIC');
}

/** The same question; times and attempts of the first asking do not bind the second. */
function escalated(task: Task, taskId: string, { reason, deadline }: EscalateFlags): Task {
  const times = deadline === undefined ? {} : { deadline };
  return parseTask({ ...questionOf(task), escalates: { taskId, reason }, ...times });
}

/** Whether the second opinion is another one: who asks should not take the same models for two. */
function modelsLine(first: ConsensusResult, second: ConsensusResult): string {
  const [before, now] = [modelsOf(first), modelsOf(second)];
  const same = before === now ? '; validators ask others where they set escalation.model' : '';
  return `models    first ${before}; now ${now}${same}`;
}

/** E.g. `rules x3, flow`, by name. */
function modelsOf({ judgements = [] }: ConsensusResult): string {
  const counts = Map.groupBy(judgements, ({ model }) => model.id);
  const names = [...counts].map(([id, { length }]) => (length === 1 ? id : `${id} x${length}`));
  return names.length === 0 ? 'unknown' : names.sort().join(', ');
}
