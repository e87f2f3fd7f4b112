import { REASON_TEXTS } from '../protocol/explanation.ts';
import type { AbstainReason, Judgement } from '../protocol/judgement.ts';
import type { WorkerMetrics } from '../rpc/api.ts';

/** Abstentions that lie with the model or its worker; the others lie with the input. */
const MODEL_FAULTS: ReadonlySet<AbstainReason | undefined> = new Set<AbstainReason>([
  'model_error',
  'timeout',
  'unreadable_reply',
  'overloaded',
  'worker_crashed',
]);

function lastFailureOf({ model, abstainReason }: Judgement): string | undefined {
  if (abstainReason === undefined || !MODEL_FAULTS.has(abstainReason)) return undefined;
  return `model ${model.id}: the last judgement here ${REASON_TEXTS[`abstained_${abstainReason}`].words}`;
}

/** Counts what the judging of this node does. */
export class MetricsRecorder {
  #jobs = 0;
  #failures = 0;
  #totalMs = 0;
  readonly #models = new Map<string, { calls: number; totalMs: number }>();
  #lastFailure: string | undefined;
  readonly #onJudged: (judgement: Judgement, elapsedMs: number) => void;

  constructor(onJudged: (judgement: Judgement, elapsedMs: number) => void = () => {}) {
    this.#onJudged = onJudged;
  }

  judged(judgement: Judgement, elapsedMs: number): void {
    this.#jobs += 1;
    this.#totalMs += elapsedMs;
    const failed = judgement.vote === 'abstain' && judgement.abstainReason !== 'low_confidence';
    if (failed) this.#failures += 1;
    this.#lastFailure = lastFailureOf(judgement);
    const model = this.#models.get(judgement.model.id) ?? { calls: 0, totalMs: 0 };
    this.#models.set(judgement.model.id, { calls: model.calls + 1, totalMs: model.totalMs + elapsedMs });
    this.#onJudged(judgement, elapsedMs);
  }

  failed(elapsedMs: number): void {
    this.#jobs += 1;
    this.#failures += 1;
    this.#totalMs += elapsedMs;
    this.#lastFailure = 'the judge failed';
  }

  /** Why the last judgement gave no verdict, where that lies with the model; in words for the operator. */
  get lastFailure(): string | undefined {
    return this.#lastFailure;
  }

  snapshot(validatorHealth: Record<string, boolean>): WorkerMetrics {
    return {
      jobsProcessed: this.#jobs,
      validationSuccess: this.#jobs - this.#failures,
      validationFailure: this.#failures,
      averageProcessingTime: this.#jobs === 0 ? 0 : this.#totalMs / this.#jobs,
      modelLatency: Object.fromEntries([...this.#models].map(([id, { calls, totalMs }]) => [id, totalMs / calls])),
      validatorHealth,
    };
  }
}
