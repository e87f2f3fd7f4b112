import { abstention } from '../protocol/abstention.ts';
import { ValidationError } from '../protocol/errors.ts';
import type { AbstainReason, Judgement, Usage } from '../protocol/judgement.ts';
import type { Task } from '../protocol/task.ts';
import type { BaseModel, PredictOptions } from './base-model.ts';
import { createEmbeddedModel, EMBEDDED_VARIANTS, isEmbeddedVariant } from './embedded/registry.ts';
import { InstantModel } from './instant.ts';
import { type EndpointMemory, LocalEndpointMemory } from './openai/memory.ts';
import { addUsage } from './openai/usage.ts';
import type { InjectionDetector } from './screening/detector.ts';
import { guarded } from './screening/guard.ts';
import { loadDetector } from './screening/load.ts';
import { screenTask } from './screening/screen.ts';
import { type ModelSettings, TIMEOUT_MS_DEFAULT } from './settings.ts';

export interface AIModelManagerOptions {
  /** By configured name. Empty or absent: the embedded judges under the names `embedded:rules`, ... */
  models?: Record<string, ModelSettings>;
  /** Asked first; the first of `models` where absent. */
  default?: string;
  /** Another first model for one type of task. */
  byTaskType?: Partial<Record<Task['type'], string>>;
  /** Another first model for tasks that escalate a decided one, whatever their type. */
  escalation?: string;
  /** Models made elsewhere, e.g. a CustomValidator, by name; they win over `models`. */
  instances?: Record<string, BaseModel>;
  /** What is known of endpoints, where several managers share it; each its own unless given. */
  memory?: EndpointMemory;
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

/** Time kept for each later model of a chain that runs in this process: it is quick, but may have to load its weights. */
const LOCAL_RESERVE_MS = 1_000;
/** Kept of a budget for handing the judgement back, so that it is there before the caller gives up. */
const HANDOVER_SHARE = 0.05;
const HANDOVER_MS_MAX = 500;

/** Selects the model for a task, falls back as configured and only so, and measures each model's latency. */
export class AIModelManager {
  readonly #settings: Record<string, ModelSettings>;
  readonly #instances: Map<string, BaseModel>;
  readonly #default: string;
  readonly #byTaskType: Partial<Record<Task['type'], string>>;
  readonly #escalation: string | undefined;
  readonly #memory: EndpointMemory;
  readonly #latency = new Map<string, { calls: number; totalMs: number }>();
  #detector: Promise<InjectionDetector> | undefined;

  /** @throws ValidationError INVALID_CONFIG for names and settings that do not fit together */
  constructor(options: AIModelManagerOptions = {}) {
    const given = options.models ?? {};
    this.#instances = new Map(Object.entries(options.instances ?? {}));
    const empty = Object.keys(given).length === 0;
    this.#settings = empty ? EMBEDDED : given;
    this.#default = options.default ?? [...Object.keys(given), ...this.#instances.keys(), ...Object.keys(EMBEDDED)][0]!;
    this.#byTaskType = options.byTaskType ?? {};
    this.#escalation = options.escalation;
    this.#memory = options.memory ?? new LocalEndpointMemory();
    this.#check();
  }

  /** Mean milliseconds of a prediction, by model; only of models that were asked. */
  get latencyMs(): Record<string, number> {
    return Object.fromEntries([...this.#latency].map(([name, { calls, totalMs }]) => [name, totalMs / calls]));
  }

  /** Names in the order in which they are asked for a task. */
  chain({ type, escalates }: Pick<Task, 'type' | 'escalates'>): string[] {
    const escalation = escalates === undefined ? undefined : this.#escalation;
    const first = escalation ?? this.#byTaskType[type] ?? this.#default;
    return [...new Set([first, ...(this.#settings[first]?.fallbacks ?? [])])];
  }

  /**
   * The judgement of the first model of the chain that gives one. If all fail, it abstains with the last reason.
   * All models share one budget: each may use what is left of it but for an equal share of every later model (a second
   * for one that needs no endpoint), and never more than its own `timeoutMs`. Usage is that of all models asked.
   * Whatever judges, the task is searched for attempts to steer it first, and an approval of such a task is none.
   * @throws the signal's reason when aborted, nothing else
   */
  async predict(task: Task, options: PredictOptions = {}): Promise<Judgement> {
    const remainingMs = countdown(options.budgetMs);
    options.signal?.throwIfAborted();
    this.#detector ??= loadDetector();
    const screening = screenTask(task, await this.#detector);
    return guarded(await this.#judge(screening.task, options, remainingMs), screening);
  }

  async #judge(task: Task, options: PredictOptions, remainingMs: () => number): Promise<Judgement> {
    const waiting = this.chain(task);
    let usage: Usage | undefined;
    for (;;) {
      options.signal?.throwIfAborted();
      const name = waiting.shift()!;
      const budgetMs = this.#shareOf(remainingMs(), waiting);
      const judgement = await this.#ask(name, task, { ...options, budgetMs });
      if (judgement.usage !== undefined)
        usage = usage === undefined ? judgement.usage : addUsage(usage, judgement.usage);
      const failed = judgement.vote === 'abstain' && FAILURES.has(judgement.abstainReason);
      if (!failed || waiting.length === 0) return usage === undefined ? judgement : { ...judgement, usage };
    }
  }

  #shareOf(remainingMs: number, later: readonly string[]): number {
    const equalMs = remainingMs / (later.length + 1);
    const reserves = later.map((name) => {
      const settings = this.#settings[name];
      return settings?.provider === 'openai' ? (settings.timeoutMs ?? TIMEOUT_MS_DEFAULT) : LOCAL_RESERVE_MS;
    });
    return reserves.reduce((leftMs, reserveMs) => leftMs - Math.min(equalMs, reserveMs), remainingMs);
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
    const known = this.#instances.get(name) ?? (await createModel(name, this.#settings[name]!, this.#memory));
    this.#instances.set(name, known);
    return known;
  }

  #check(): void {
    const names = [this.#default, ...Object.values(this.#byTaskType), this.#escalation ?? this.#default];
    for (const [name, settings] of Object.entries(this.#settings)) {
      if (settings.provider === 'embedded') variantOf(name, settings);
      if (settings.provider === 'custom') fileOf(name, settings);
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

/** Milliseconds left of a budget but for the time to hand the judgement back; endless without a budget. */
function countdown(budgetMs = Number.POSITIVE_INFINITY): () => number {
  const endsAtMs = performance.now() + budgetMs - Math.min(HANDOVER_MS_MAX, HANDOVER_SHARE * budgetMs);
  return () => Math.max(0, endsAtMs - performance.now());
}

function variantOf(name: string, settings: ModelSettings) {
  const variant = settings.variant ?? name.replace(/^embedded:/, '');
  if (isEmbeddedVariant(variant)) return variant;
  const message = `models.${name}.variant: must be one of ${EMBEDDED_VARIANTS.join(', ')}, got "${variant}"`;
  throw new ValidationError(message, 'INVALID_CONFIG', { path: `models.${name}.variant` });
}

function fileOf(name: string, { file }: ModelSettings): string {
  if (file !== undefined) return file;
  const message = `models.${name}.file: is missing: give the file that pheme train wrote`;
  throw new ValidationError(message, 'INVALID_CONFIG', { path: `models.${name}.file` });
}

async function createModel(name: string, settings: ModelSettings, memory: EndpointMemory): Promise<BaseModel> {
  if (settings.provider === 'embedded') return createEmbeddedModel(variantOf(name, settings));
  if (settings.provider === 'custom') {
    const { createCustomModel } = await import('./custom.ts');
    return createCustomModel(name, fileOf(name, settings));
  }
  if (settings.provider === 'instant') return new InstantModel();
  const { createOpenAiModel } = await import('./openai.ts'); // loaded where it is used: every worker would carry it
  return createOpenAiModel(name, settings, memory);
}
