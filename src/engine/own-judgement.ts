import { abstention } from '../protocol/abstention.ts';
import type { Digest } from '../protocol/hash.ts';
import type { Judgement } from '../protocol/judgement.ts';
import type { Task } from '../protocol/task.ts';
import type { Background } from './background.ts';
import type { JudgingGate } from './judging-gate.ts';
import type { Clock, Judge, Logger } from './ports.ts';

/** One for all: to make an error with its stack for each task costs more than the abort. */
const NOT_NEEDED = new Error('its judgement is not needed any more');

export interface OwnJudgementContext {
  judge: Judge;
  gate: JudgingGate;
  clock: Clock;
  logger: Logger;
  background: Background;
}

/**
 * What this node's judge says of one task. Whatever the judge does, something comes back within the budget, to which
 * the wait for a turn counts: at worst an abstention with its reason.
 */
export class OwnJudgement {
  readonly #context: OwnJudgementContext;
  readonly #taskId: Digest;
  readonly #onJudged: (judgement: Judgement) => void;
  readonly #cancelBudget: () => void;
  /** Made once it is the task's turn: many may wait for long. */
  #asked: AbortController | undefined;

  /** @param onJudged called once, later than this returns, unless it is stopped before */
  constructor(
    context: OwnJudgementContext,
    { taskId, task }: { taskId: Digest; task: Task },
    budgetMs: number,
    onJudged: (judgement: Judgement) => void,
  ) {
    const { gate, clock, background } = context;
    this.#context = context;
    this.#taskId = taskId;
    this.#onJudged = onJudged;
    const endMs = clock.nowMs() + budgetMs;
    this.#cancelBudget = clock.setTimer(budgetMs, () => {
      this.stop();
      onJudged(abstention('timeout', `no judgement within ${budgetMs} ms`));
    });
    gate.enter(taskId, () => background('judging', this.#ask(task, Math.max(0, endMs - clock.nowMs()))));
  }

  /** It is not needed any more. */
  stop(): void {
    this.#cancelBudget();
    this.#asked?.abort(NOT_NEEDED);
    this.#context.gate.leave(this.#taskId);
  }

  async #ask(task: Task, leftMs: number): Promise<void> {
    this.#asked = new AbortController();
    const { signal } = this.#asked;
    const judgement = await this.#judge(task, signal, leftMs);
    if (signal.aborted) return;
    this.#cancelBudget();
    this.#onJudged(judgement);
  }

  async #judge(task: Task, signal: AbortSignal, leftMs: number): Promise<Judgement> {
    const { judge, logger } = this.#context;
    try {
      return await judge.judge(task, signal, leftMs);
    } catch (error) {
      const fields = { taskId: this.#taskId, error: (error as Error).message };
      if (!signal.aborted) logger.warn(fields, 'the judge failed');
      return abstention('model_error', 'the judge failed');
    }
  }
}
