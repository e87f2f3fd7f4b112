import type { Judge } from '../engine/ports.ts';
import { checkJudgeable } from '../models/check-judgeable.ts';
import type { ConsensusResult } from '../protocol/consensus-result.ts';
import { ValidationError } from '../protocol/errors.ts';
import type { Judgement } from '../protocol/judgement.ts';
import { parseTask, type Task } from '../protocol/task.ts';
import type { MetricsRecorder } from './metrics-recorder.ts';

/** Who agrees on a task: a running node, or a network in this process. */
export interface ConsensusParticipant {
  /** Has the task judged by the whole network; resolves with what it agreed on. */
  decide(task: Task, signal?: AbortSignal): Promise<ConsensusResult>;
}

export interface TaskProcessorOptions {
  /** The local model; needed for `judge` alone. */
  judge?: Judge;
  /** Whose agreement is asked for; a network of four embedded validators in this process unless given. */
  participant?: ConsensusParticipant;
  metrics?: MetricsRecorder;
}

/**
 * One task's way through a node: prepare it, run the local AI validation, get the validators' consensus, hand out the
 * result. The daemon runs `prepare` where tasks come in, and `judge` where its engine asks for a judgement.
 */
export class TaskProcessor {
  readonly #task: unknown;
  readonly #options: TaskProcessorOptions;

  /** @param task JSON of a task; parsed by `prepare` */
  constructor(task: unknown, options: TaskProcessorOptions = {}) {
    this.#task = task;
    this.#options = options;
  }

  /**
   * Parses the task and makes sure that there is something to judge.
   * @throws ValidationError INVALID_TASK, TASK_TOO_LARGE
   */
  prepare(): Task {
    const task = parseTask(this.#task);
    checkJudgeable(task);
    return task;
  }

  /** Runs the local AI validation, and counts it. A failing model abstains; rejects only when aborted. */
  async judge(signal: AbortSignal, budgetMs?: number): Promise<Judgement> {
    const startMs = performance.now();
    try {
      const judgement = await this.#localJudge().judge(this.#task as Task, signal, budgetMs);
      this.#options.metrics?.judged(judgement, performance.now() - startMs);
      return judgement;
    } catch (error) {
      this.#options.metrics?.failed(performance.now() - startMs);
      throw error;
    }
  }

  #localJudge(): Judge {
    const { judge } = this.#options;
    if (judge === undefined) throw new ValidationError('options.judge: is missing; give the local model', 'NO_JUDGE');
    return judge;
  }

  /**
   * The whole way: every validator judges the task, the network agrees.
   * @throws ValidationError INVALID_TASK, TASK_TOO_LARGE, UNAVAILABLE, TIMEOUT
   */
  async validate(signal?: AbortSignal): Promise<ConsensusResult> {
    const task = this.prepare();
    if (this.#options.participant !== undefined) return this.#options.participant.decide(task, signal);
    const { ValidationNetwork } = await import('./validation-network.ts');
    const network = new ValidationNetwork();
    try {
      return await network.decide(task, signal);
    } finally {
      await network.stop();
    }
  }
}
