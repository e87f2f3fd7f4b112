import { invalidInput, ValidationError } from '../../protocol/errors.ts';
import { OPEN_TASKS_RANKED_MAX, type OpenSkillTask, openSkillTaskSchema } from '../../protocol/recommendation.ts';
import { parseStrictJson } from '../../rpc/strict-json.ts';
import { wholeNumber } from '../arguments.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import { openInput, unreadable } from '../input.ts';
import type { Io } from '../io.ts';
import { linesOf } from '../lines.ts';
import type { CommandDefinition, Handler } from '../program.ts';

interface RecommendFlags {
  subject: string;
  tasks: string;
  limit: number;
}

const LIMIT = 10;
/** A task's texts, each at its longest. */
const LINE_BYTES_MAX = 1024 * 1024;

export const defineRecommend: CommandDefinition = (program, act) => {
  program
    .command('recommend')
    .description('rank open tasks for a worker by its signed skill results, with reasons')
    .requiredOption('--subject <id>', 'whom to rank for: the subject of its assessments')
    .requiredOption('--tasks <file>', 'JSON lines of {id, skill, level, requirements}, or - for standard input')
    .option('--limit <n>', `how many (${LIMIT})`, wholeNumber(1, OPEN_TASKS_RANKED_MAX), LIMIT)
    .addHelpText(
      'after',
      examples(['pheme recommend --subject alice --tasks open.jsonl', 'what should alice do next?']),
    )
    .action(act(recommend));
};

const recommend: Handler<RecommendFlags> = async (session, { subject, tasks: path, limit }) => {
  const tasks = await readTasks(session.io, path);
  const rpc = await session.rpc();
  const answer = await rpc.call('pheme_recommendTasks', { subject, tasks, limit }, { signal: session.io.signal });
  session.out.json(answer);
  session.out.line(`${answer.results} signed verdicts about ${answer.subject}`);
  const percent = (share: number) => `${Math.round(100 * share)}%`;
  answer.recommendations.forEach(({ id, fit, growth, confidence, reasons }, at) => {
    session.out.line(`${at + 1}. ${id}  fit ${percent(fit)}, growth ${percent(growth)}, known ${percent(confidence)}`);
    for (const reason of reasons) session.out.line(`   ${reason}`, 'faint');
  });
  return EXIT.ok;
};

async function readTasks(io: Io, path: string): Promise<OpenSkillTask[]> {
  const tasks: OpenSkillTask[] = [];
  try {
    for await (const { number, text } of linesOf(openInput(io, path, 'list of tasks'), LINE_BYTES_MAX)) {
      tasks.push(parseLine(number, text));
      if (tasks.length > OPEN_TASKS_RANKED_MAX)
        throw new ValidationError(`over ${OPEN_TASKS_RANKED_MAX} tasks: give fewer`, 'INPUT_TOO_LARGE');
    }
  } catch (error) {
    throw error instanceof ValidationError ? error : unreadable('list of tasks', path, error);
  }
  if (tasks.length === 0) throw new ValidationError('the list of tasks is empty: give a line a task', 'INPUT_MISSING');
  return tasks;
}

function parseLine(number: number, text: string | undefined): OpenSkillTask {
  if (text === undefined) throw new ValidationError(`line ${number} is too long`, 'INPUT_TOO_LARGE');
  const parsed = openSkillTaskSchema.safeParse(jsonOf(number, text));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.slice(0, 5).map(({ path, message }) => ({ path: path.join('.'), message }));
  throw invalidInput(`line ${number} is no open task`, faults, 'MALFORMED');
}

function jsonOf(number: number, text: string): unknown {
  try {
    return parseStrictJson(text);
  } catch (error) {
    throw new ValidationError(`line ${number} is no JSON: ${(error as Error).message}`, 'MALFORMED');
  }
}
