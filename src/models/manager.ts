import { abstention } from '../protocol/abstention.ts';
import { ValidationError } from '../protocol/errors.ts';
import type { AbstainReason, Judgement } from '../protocol/judgement.ts';
import type { Task } from '../protocol/task.ts';
import type { BaseModel, PredictOptions } from './base-model.ts';
import { createEmbeddedModel, EMBEDDED_VARIANTS, isEmbeddedVariant } from './embedded/registry.ts';
import type { ModelSettings } from './settings.ts';

export interface AIModelManagerOptions {
  /** By configured name. Empty or absent: the embedded judges under the names `embedded:rules`, ... */
  models?: Record<string, ModelSettings>;
  /** Asked first; the first of `models` where absent. */
  default?: string;
  /** Another first model for one type of task. */
  byTaskType?: Partial<Record<Task['type'], string>>;
  /** Models made elsewhere, e.g. a CustomValidator, by name; they win over `models`. */
  instances?: Record<string, BaseModel>;
}

/** Failures after which another model may know better; every other abstention is an answer. */
const FAILURES: ReadonlySet<AbstainReason | undefined> = new Set([
  'model_error',
  'timeout',
  'unreadable_reply',
  'refused',
  'too_large',
]);

const EMBEDDED: Record<string, ModelSettings> = Object.fromEntries(
  EMBEDDED_VARIANTS.map((variant) => [`embedded:${variant}`, { provider: 'embedded', variant }]),
);

/** Selects the model for a task, falls back as configured and only so, and measures each model's latency. */
export class AIModelManager {
  readonly #settings: Record<string, ModelSettings>;
  readonly #instances: Map<string, BaseModel>;
  readonly #default: string;
  readonly #byTaskType: Partial<Record<Task['type'], string>>;
  readonly #latency = new Map<string, { calls: number; totalMs: number }>();

  /** @throws ValidationError INVALID_CONFIG for names and settings that do not fit together */
  constructor(options: AIModelManagerOptions = {}) {
    const given = options.models ?? {};
    this.#instances = new Map(Object.entries(options.instances ?? {}));
    const empty = Object.keys(given).length === 0;
    this.#settings = empty ? EMBEDDED : given;
    this.#default = options.default ?? [...Object.keys(given), ...this.#instances.keys(), ...Object.keys(EMBEDDED)][0]!;
    this.#byTaskType = options.byTaskType ?? {};
    this.#check();
  }

  /** Mean milliseconds of a prediction, by model; only of models that were asked. */
  get latencyMs(): Record<string, number> {
    return Object.fromEntries([...this.#latency].map(([name, { calls, totalMs }]) => [name, totalMs / calls]));
  }

  /** Names in the order in which they are asked for a type of task. */
  chain(type: Task['type']): string[] {
    const first = this.#byTaskType[type] ?? this.#default;
    return [...new Set([first, ...(this.#settings[first]?.fallbacks ?? [])])];
  }

  /**
   * The judgement of the first model of the chain that gives one. If all fail, it abstains with the last reason.
   * @throws the signal's reason when aborted, nothing else
   */
  async predict(task: Task, options: PredictOptions = {}): Promise<Judgement> {
    let last: Judgement | undefined;
    for (const name of this.chain(task.type)) {
      options.signal?.throwIfAborted();
      last = await this.#ask(name, task, options);
      if (last.vote !== 'abstain' || !FAILURES.has(last.abstainReason)) break;
    }
    return last!;
  }

  async #ask(name: string, task: Task, options: PredictOptions): Promise<Judgement> {
    const model = await this.#model(name);
    const start = performance.now();
    try {
      return await model.predict(task, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      // A model's own text may quote its endpoint or key: only the kind of error is told.
      const kind = error instanceof Error ? error.name : 'error';
      return abstention('model_error', `The model failed: ${kind}.`, model.identity);
    } finally {
      const { calls, totalMs } = this.#latency.get(name) ?? { calls: 0, totalMs: 0 };
      this.#latency.set(name, { calls: calls + 1, totalMs: totalMs + performance.now() - start });
    }
  }

  async #model(name: string): Promise<BaseModel> {
    const known = this.#instances.get(name) ?? (await createModel(name, this.#settings[name]!));
    this.#instances.set(name, known);
    return known;
  }

  #check(): void {
    const names = [this.#default, ...Object.values(this.#byTaskType)];
    for (const [name, settings] of Object.entries(this.#settings)) {
      if (settings.provider === 'embedded') variantOf(name, settings);
      names.push(...(settings.fallbacks ?? []));
    }
    for (const name of names) {
      if (Object.hasOwn(this.#settings, name) || this.#instances.has(name)) continue;
      const known = [...Object.keys(this.#settings), ...this.#instances.keys()].join(', ');
      throw new ValidationError(`models: no model is named "${name}"; known are ${known}`, 'INVALID_CONFIG', {
        path: 'models',
        name,
      });
    }
  }
}

function variantOf(name: string, settings: ModelSettings) {
  const variant = settings.variant ?? name.replace(/^embedded:/, '');
  if (isEmbeddedVariant(variant)) return variant;
  const message = `models.${name}.variant: must be one of ${EMBEDDED_VARIANTS.join(', ')}, got "${variant}"`;
  throw new ValidationError(message, 'INVALID_CONFIG', { path: `models.${name}.variant` });
}

async function createModel(name: string, settings: ModelSettings): Promise<BaseModel> {
  if (settings.provider === 'embedded') return createEmbeddedModel(variantOf(name, settings));
  const { createOpenAiModel } = await import('./openai.ts'); // loaded where it is used: every worker would carry it
  return createOpenAiModel(name, settings);
}
