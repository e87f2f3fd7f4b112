import { localVerdictOf } from '../node/local-verdict.ts';
import type { Committee } from '../protocol/committee.ts';
import { ValidationError } from '../protocol/errors.ts';
import type { Judgement } from '../protocol/judgement.ts';
import { encodeTask, parseTask, type Task, taskIdOf } from '../protocol/task.ts';
import type { LocalVerdict } from '../rpc/api.ts';
import { parseStrictJson } from '../rpc/strict-json.ts';
import type { NumberedLine } from './lines.ts';

export type { LocalVerdict };

export type JudgeTask = (task: Task) => Promise<Judgement>;

/**
 * Judges the task on one line. Whatever is wrong with the line or the task becomes the verdict's `error`.
 * @param where the network and its epoch, under which task ids are computed
 */
export async function judgeLine(
  { text, number }: NumberedLine,
  where: Pick<Committee, 'networkId' | 'epoch'>,
  judge: JudgeTask,
): Promise<LocalVerdict> {
  try {
    if (text === undefined) throw new ValidationError('the line is too long', 'TASK_TOO_LARGE');
    const task = parseTask(parseStrictJson(text));
    return localVerdictOf(await judge(task), taskIdOf(where.networkId, where.epoch, encodeTask(task)));
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const summary = `line ${number}: ${error.message}`;
    return { ...NO_VERDICT, summary, error: { code: error.code, message: summary } };
  }
}

const NO_VERDICT = { taskId: null, approved: false, confidence: 0.5, findings: [], coverage: null, model: null };
