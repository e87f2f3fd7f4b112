import { EMBEDDED_VARIANTS, variantOf } from '../config/embedded-variants.ts';
import type { ModelSettings } from '../config/models.ts';
import type { Judge } from '../engine/ports.ts';
import { ValidationError } from '../protocol/errors.ts';
import type { Judgement } from '../protocol/judgement.ts';
import type { Task } from '../protocol/task.ts';
import { createJudges, type JudgeSettings } from './judges.ts';

/** Judges that can be stopped. */
export type StoppableJudge = Judge & { stop(): Promise<void> };

export interface PlaygroundOptions {
  config: JudgeSettings;
  /** Makes the judges of one model; the node's own unless given. */
  createJudge?: (config: PlaygroundOptions['config']) => StoppableJudge;
  budgetMs?: number;
}

/** Judgements that may wait for the one under way; the last of them waits some minutes at worst. */
const WAITING_MAX = 4;
/** For one judgement, the wait included: what a person waits for an answer. */
const BUDGET_MS = 120_000;
/** A judgement of the longest input takes a model about this long. */
const RETRY_SECONDS = 10;

/**
 * Judges tasks for a person who tries a model out: one at a time, in workers of its own, so that the judgements that
 * the network waits for never queue behind it.
 */
export class Playground {
  readonly #options: PlaygroundOptions;
  readonly #judges = new Map<string, StoppableJudge>();
  readonly #stopping = new AbortController();
  #last: Promise<unknown> = Promise.resolve();
  #pending = 0;

  constructor(options: PlaygroundOptions) {
    this.#options = options;
  }

  /**
   * @param model a configured name or an embedded model; the preferred one unless given
   * @throws ValidationError TOO_MANY_REQUESTS, UNKNOWN_MODEL, STOPPING; the signal's reason if it is aborted
   */
  async judge(task: Task, model: string | undefined, signal: AbortSignal): Promise<Judgement> {
    const judge = this.#judgeOf(model ?? this.#options.config.defaultModel);
    if (this.#pending > WAITING_MAX) {
      const message = `${this.#pending} judgements are asked for already: try again in ${RETRY_SECONDS} seconds`;
      throw new ValidationError(message, 'TOO_MANY_REQUESTS', { retryAfterSeconds: RETRY_SECONDS });
    }
    this.#pending++;
    const ended = AbortSignal.any([signal, this.#stopping.signal]);
    const endsAtMs = performance.now() + (this.#options.budgetMs ?? BUDGET_MS);
    const turn = this.#last.then(() => {
      ended.throwIfAborted();
      return judge.judge(task, ended, Math.max(1, endsAtMs - performance.now()));
    });
    this.#last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#pending--;
    }
  }

  /** Abandons what runs and waits until its threads are gone. */
  async stop(): Promise<void> {
    this.#stopping.abort(new ValidationError('the node is shutting down', 'STOPPING'));
    await this.#last;
    await Promise.all([...this.#judges.values()].map((judge) => judge.stop()));
  }

  #judgeOf(model: string): StoppableJudge {
    const config = configFor(this.#options.config, model);
    const held = this.#judges.get(config.defaultModel);
    if (held !== undefined) return held;
    const judge = (this.#options.createJudge ?? createJudges)(config);
    this.#judges.set(config.defaultModel, judge);
    return judge;
  }
}

/** One worker, whose preferred model is the one that was asked for. @throws ValidationError UNKNOWN_MODEL */
function configFor(config: PlaygroundOptions['config'], model: string): PlaygroundOptions['config'] {
  const one = { ...config, worker: { ...config.worker, concurrency: 1 }, escalation: {} };
  if (Object.hasOwn(config.models, model)) return { ...one, defaultModel: model };
  const variant = variantOf(model);
  if (variant !== undefined) {
    const settings: ModelSettings = { ...EMBEDDED, variant };
    return { ...one, models: { ...config.models, [variant]: settings }, defaultModel: variant };
  }
  const models = [...new Set([...Object.keys(config.models), ...EMBEDDED_VARIANTS])];
  throw new ValidationError(`model: there is no such model; give one of ${models.join(', ')}`, 'UNKNOWN_MODEL', {
    models,
  });
}

/** What a configuration without a word about it says of an embedded model. */
const EMBEDDED = { provider: 'embedded', temperature: 0.7, maxTokens: 2000, topP: 1, fallbacks: [] } as const;
