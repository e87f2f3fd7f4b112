import { TaskProcessor } from '../../node/task-processor.ts';
import { TASK_JSON_BYTES_MAX } from '../../protocol/limits.ts';
import type { Task } from '../../protocol/task.ts';
import { type AskFlags, ask, askOptions, nextAttempt, outputFor } from '../ask.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import { readJson } from '../input.ts';
import type { CommandDefinition, Handler } from '../program.ts';
import type { Session } from '../session.ts';

interface SubmitFlags extends AskFlags {
  wait?: boolean;
}

export const defineSubmit: CommandDefinition = (program, act) => {
  const command = program
    .command('submit')
    .description('hand any task to the network')
    .argument('<task>', 'file of a task as JSON, or - for standard input')
    .option('--wait', 'wait for the result, verify and print it');
  askOptions(command)
    .addHelpText(
      'after',
      examples(
        ['pheme submit task.json', 'prints its id'],
        ['pheme submit task.json --wait', 'prints its verified result'],
      ),
    )
    .action(act(submit));
};

const submit: Handler<SubmitFlags> = async (session, flags, path) => {
  const task = new TaskProcessor(await readJson(session.io, path, 'task', TASK_JSON_BYTES_MAX)).prepare();
  if (flags.wait) return ask(session, task, flags);
  const taskId = await submitOnly(session, task, flags);
  const out = outputFor(session, flags.format);
  out.json({ taskId });
  out.line(taskId);
  return EXIT.ok;
};

/** Without a genesis the id is the node's word; with one it is computed here. */
async function submitOnly(session: Session, task: Task, { retry, network }: SubmitFlags): Promise<string> {
  const { signal } = session.io;
  if (!retry && network === undefined && !(await session.hasGenesis())) {
    const { taskId } = await (await session.rpc()).call('pheme_submitTask', { task }, { signal });
    return taskId;
  }
  const client = await session.verifyingClient(network);
  return client.submit(retry ? await nextAttempt(client, task, signal) : task, signal);
}
