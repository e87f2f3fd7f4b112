import type { Judgement, ModelIdentity } from '../protocol/judgement.ts';
import type { Task } from '../protocol/task.ts';

export interface PredictOptions {
  /** Ends the work; `predict` then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Wall-clock time within which an answer is of use, in milliseconds; a model that waits for others abstains by then. */
  budgetMs?: number | undefined;
}

/**
 * A judge of tasks. Implementations never throw for a task's content or a failing endpoint: they abstain and say why.
 * The only rejection of `predict` is that of an aborted signal.
 */
export abstract class BaseModel {
  abstract readonly identity: ModelIdentity;
  abstract predict(task: Task, options?: PredictOptions): Promise<Judgement>;
}
