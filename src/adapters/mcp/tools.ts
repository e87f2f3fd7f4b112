import { z } from 'zod';
import { ValidationError } from '../../protocol/errors.ts';
import { openSkillTaskSchema, recommendationsSchema } from '../../protocol/recommendation.ts';
import { parseTask } from '../../protocol/task.ts';
import type { ValidationService } from './service.ts';
import { verdictOf, verdictSchema } from './verdict.ts';

/** What a tool is, whatever serves it. */
export interface Tool<Input extends z.ZodObject = z.ZodObject, Output extends z.ZodObject = z.ZodObject> {
  title: string;
  description: string;
  input: Input;
  output: Output;
  /** Changes nothing anywhere. */
  readOnly: boolean;
  run(service: ValidationService, input: z.output<Input>, signal: AbortSignal): Promise<z.input<Output>>;
}

function tool<Input extends z.ZodObject, Output extends z.ZodObject>(definition: Tool<Input, Output>): Tool {
  return definition as unknown as Tool;
}

/** An agent's own client gives up after a minute: longer work is submitted, then asked for. */
const WAIT_SECONDS_MAX = 50;
const TASKS_MAX = 200;
const RECOMMENDATIONS_DEFAULT = 10;

const taskId = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be a task id: 64 lower-case hex digits')
  .describe('64 lower-case hex digits, as submit_validation gave them');
const decision = z.object({
  taskId: z.string(),
  decided: z.boolean(),
  verdict: verdictSchema.optional().describe('verified against the pinned genesis; absent while undecided'),
});
const taskHelp =
  'A CODE_REVIEW task: {type, pullRequest: {url, diff, files}, requirements: {security, style, performance}}, ' +
  'or a SKILL_ASSESSMENT: {type, submission: {content, evidence}, criteria: {skill, level, requirements}}';

/** Every tool, by name. */
export const TOOLS: Readonly<Record<string, Tool>> = {
  submit_validation: tool({
    title: 'Submit a task for validation',
    description:
      'Hands a code review or a skill assessment to the validator network, where every validator judges it with its own ' +
      'model and a quorum agrees on one signed verdict. The same task has the same id. Every validator sees the task.',
    input: z.object({
      task: z.record(z.string(), z.unknown()).describe(taskHelp),
      waitSeconds: z
        .int()
        .min(0)
        .max(WAIT_SECONDS_MAX)
        .default(0)
        .describe('wait so long for the verdict; 0 returns at once, and get_result asks for it later'),
    }),
    output: decision,
    readOnly: false,
    run: async (service, { task: given, waitSeconds }, signal) => {
      const task = parseTask(given);
      const id = await service.submit(task, signal);
      if (waitSeconds === 0) return { taskId: id, decided: false };
      try {
        const result = await service.wait(task, waitSeconds * 1000, signal);
        return { taskId: id, decided: true, verdict: verdictOf(result) };
      } catch (error) {
        if (error instanceof ValidationError && error.code === 'TIMEOUT') return { taskId: id, decided: false };
        throw error;
      }
    },
  }),
  get_result: tool({
    title: 'Get the verdict of a task',
    description:
      'The agreed verdict of a task with its findings and every judgement, after its signatures were checked against the ' +
      'pinned genesis; decided is false while the network works on it.',
    input: z.object({ taskId }),
    output: decision,
    readOnly: true,
    run: async (service, { taskId: id }, signal) => {
      const result = await service.result(id, signal);
      return result === null
        ? { taskId: id, decided: false }
        : { taskId: id, decided: true, verdict: verdictOf(result) };
    },
  }),
  verify_result: tool({
    title: 'Verify a result',
    description:
      'Checks a ConsensusResult (the JSON that pheme result --json prints) offline against the pinned genesis: authentic ' +
      'means that a quorum of its validators signed it. With the task, that it is about exactly this input.',
    input: z.object({
      result: z.record(z.string(), z.unknown()).describe('a ConsensusResult'),
      task: z.record(z.string(), z.unknown()).optional().describe(taskHelp),
    }),
    output: z.object({
      authentic: z.boolean(),
      satisfied: z.boolean(),
      checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
    }),
    readOnly: true,
    run: async (service, { result, task }) => service.verify(result, task === undefined ? undefined : parseTask(task)),
  }),
  recommend_tasks: tool({
    title: 'Recommend open tasks',
    description:
      'Ranks the given open tasks for a subject by its signed skill results: fit, growth and confidence, each with reasons.',
    input: z.object({
      subject: z.string().min(1).max(4096),
      tasks: z.array(openSkillTaskSchema).min(1).max(TASKS_MAX),
      limit: z.int().min(1).max(TASKS_MAX).default(RECOMMENDATIONS_DEFAULT),
    }),
    output: recommendationsSchema,
    readOnly: true,
    run: (service, params, signal) => service.recommend(params, signal),
  }),
};
