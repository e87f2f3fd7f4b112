import { ValidationError } from '../../protocol/errors.ts';
import { TASK_BYTES_MAX, TASK_JSON_BYTES_MAX } from '../../protocol/limits.ts';
import { parseTask, type Task } from '../../protocol/task.ts';
import { collect, deadline, wholeNumber } from '../arguments.ts';
import { type AskFlags, ask, askOptions } from '../ask.ts';
import { examples } from '../examples.ts';
import { readInput, readJson } from '../input.ts';
import type { Io } from '../io.ts';
import type { CommandDefinition, Handler } from '../program.ts';

interface AssessFlags extends AskFlags {
  skill?: string;
  level?: number;
  requirement?: string[];
  evidence?: string[];
  subject?: string;
  deadline?: number;
}

export const defineAssess: CommandDefinition = (program, act) => {
  const command = program
    .command('assess')
    .description(
      "have the network assess a submission against a skill's criteria; exit 0 approved, 1 rejected, 3 no verdict",
    )
    .argument('<submission>', 'file of the text, or of the whole task as JSON without --skill; - for standard input')
    .option('--skill <name>', 'the skill')
    .option('--level <n>', 'its level', wholeNumber(0, 100))
    .option('--requirement <text>', 'what it takes; may be given again', collect)
    .option('--evidence <text>', 'evidence of the submission; may be given again', collect)
    .option('--subject <id>', 'whose submission it is')
    .option('--deadline <time>', 'when the answer is no longer wanted: a time, or a duration such as 10m', deadline);
  askOptions(command)
    .addHelpText(
      'after',
      examples(
        ['pheme assess answer.txt --skill "Node.js" --level 3 --requirement "explains the event loop"', 'a text'],
        ['pheme assess task.json', 'a SKILL_ASSESSMENT task'],
      ),
    )
    .action(act(assess));
};

const assess: Handler<AssessFlags> = async (session, flags, path) =>
  ask(session, await readAssessment(session.io, path, flags), flags);

async function readAssessment(io: Io, path: string | undefined, flags: AssessFlags): Promise<Task> {
  const { skill, level, requirement: requirements, evidence = [], subject, deadline: deadlineSeconds } = flags;
  if (skill === undefined) {
    const task = parseTask(await readJson(io, path, 'task', TASK_JSON_BYTES_MAX));
    if (task.type === 'SKILL_ASSESSMENT') return task;
    throw new ValidationError(
      'the task is no SKILL_ASSESSMENT: use pheme submit, or pheme review for a diff',
      'INVALID_TASK',
    );
  }
  const content = await readInput(io, path, 'submission', TASK_BYTES_MAX);
  return parseTask({
    type: 'SKILL_ASSESSMENT',
    submission: { content, evidence },
    criteria: { skill, level, requirements },
    ...(subject === undefined ? {} : { subject }),
    ...(deadlineSeconds === undefined ? {} : { deadline: deadlineSeconds }),
  });
}
