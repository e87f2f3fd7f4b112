import { ValidationError } from '../protocol/errors.ts';
import type { Judgement, ModelIdentity } from '../protocol/judgement.ts';
import { encodeTask, parseTask, type Task, taskIdOf } from '../protocol/task.ts';
import { parseStrictJson } from '../rpc/strict-json.ts';
import type { NumberedLine } from './lines.ts';

/** What `pheme judge` says of one task; nothing of it is signed. */
export interface LocalVerdict {
  /** The id that the task has on the home's network; null for a line that holds no task. */
  taskId: string | null;
  approved: boolean;
  /** 0.5 (knows nothing) to 1. */
  confidence: number;
  score?: number;
  findings: Judgement['findings'];
  feedback?: Judgement['feedback'];
  summary: string;
  coverage: Judgement['coverage'] | null;
  model: ModelIdentity | null;
  /** Why there is no verdict: the line holds no task, or the model abstained. */
  error?: { code: string; message: string };
}

export type JudgeTask = (task: Task) => Promise<Judgement>;

/**
 * Judges the task on one line. Whatever is wrong with the line or the task becomes the verdict's `error`.
 * @param networkId the network under which task ids are computed
 */
export async function judgeLine(
  { text, number }: NumberedLine,
  networkId: string,
  judge: JudgeTask,
): Promise<LocalVerdict> {
  try {
    if (text === undefined) throw new ValidationError('the line is too long', 'TASK_TOO_LARGE');
    const task = parseTask(parseStrictJson(text));
    return verdictOf(await judge(task), taskIdOf(networkId, 0, encodeTask(task)));
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const summary = `line ${number}: ${error.message}`;
    return { ...NO_VERDICT, summary, error: { code: error.code, message: summary } };
  }
}

const NO_VERDICT = { taskId: null, approved: false, confidence: 0.5, findings: [], coverage: null, model: null };

function verdictOf(judgement: Judgement, taskId: string): LocalVerdict {
  const { vote, abstainReason, confidence, score, findings, feedback, summary, coverage, model, complete } = judgement;
  return {
    taskId,
    approved: vote === 'approve' && complete,
    confidence,
    ...(score === undefined ? {} : { score }),
    findings,
    ...(feedback === undefined ? {} : { feedback }),
    summary,
    coverage,
    model,
    ...errorOf(vote === 'abstain' ? abstainReason : vote === 'approve' && !complete ? 'incomplete' : undefined),
  };
}

function errorOf(reason: string | undefined): Pick<LocalVerdict, 'error'> {
  return reason === undefined ? {} : { error: { code: reason, message: `the model gave no verdict: ${reason}` } };
}
