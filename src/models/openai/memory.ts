import type { Digest } from '../../protocol/hash.ts';
import type { Usage } from '../../protocol/judgement.ts';
import { AnswerCache, type StoredAnswer } from './answer-cache.ts';
import { Circuit, type CircuitState, type Outcome } from './circuit.ts';

/**
 * What the judges of a node know together about their endpoints: who is out of order, what was answered, what it cost.
 * Asynchronous, since the judges are threads and this is held outside them.
 */
export interface EndpointMemory {
  /** Null if the model may be asked now, else why not. */
  admit(model: string): Promise<string | null>;
  settle(model: string, outcome: Outcome): void;
  /** An answer of that model to the same question. */
  recall(model: string, question: Digest): Promise<StoredAnswer | null>;
  remember(question: Digest, answer: StoredAnswer): void;
  spend(model: string, usage: Usage): void;
}

/** One model behind an endpoint, for health and metrics: its circuit, and sums since the start. */
export interface EndpointStatus extends CircuitState, Usage {
  model: string;
  /** Requests that were answered. */
  answers: number;
  /** Requests that failed for a reason that lies with the endpoint. */
  failures: number;
  /** Answers that were remembered instead of asked for. */
  cacheHits: number;
}

interface Held {
  readonly circuit: Circuit;
  sums: Omit<EndpointStatus, keyof CircuitState | 'model'>;
}

/** Holds all of it in memory: a restarted process asks anew what it had not committed to. */
export class LocalEndpointMemory implements EndpointMemory {
  readonly #held = new Map<string, Held>();
  readonly #answers = new AnswerCache();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  async admit(model: string): Promise<string | null> {
    const { circuit } = this.#of(model);
    return circuit.admit(this.#nowMs()) ? null : pauseReason(circuit.state);
  }

  settle(model: string, outcome: Outcome): void {
    const { circuit, sums } = this.#of(model);
    circuit.settle(outcome, this.#nowMs());
    if (outcome.ok) sums.answers++;
    else sums.failures++;
  }

  async recall(model: string, question: Digest): Promise<StoredAnswer | null> {
    const found = this.#answers.get(question);
    if (found !== undefined) this.#of(model).sums.cacheHits++;
    return found ?? null;
  }

  remember(question: Digest, answer: StoredAnswer): void {
    this.#answers.set(question, answer);
  }

  spend(model: string, usage: Usage): void {
    const { sums } = this.#of(model);
    sums.promptTokens += usage.promptTokens;
    sums.completionTokens += usage.completionTokens;
    sums.costMicros += usage.costMicros;
  }

  /** Every model that was asked so far. */
  snapshot(): EndpointStatus[] {
    return [...this.#held].map(([model, { circuit, sums }]) => ({ model, ...circuit.state, ...sums }));
  }

  #of(model: string): Held {
    const known = this.#held.get(model) ?? {
      circuit: new Circuit(),
      sums: { answers: 0, failures: 0, cacheHits: 0, promptTokens: 0, completionTokens: 0, costMicros: 0 },
    };
    this.#held.set(model, known);
    return known;
  }
}

function pauseReason({ failuresInRow, fault, retryAtMs = 0 }: CircuitState): string {
  return `left alone until ${new Date(retryAtMs).toISOString()} after ${failuresInRow} failures in a row: ${fault}`;
}

/** Why models cannot be asked at present, in words for the operator; none if all can. */
export function endpointFaults(endpoints: readonly EndpointStatus[]): string[] {
  return endpoints
    .filter(({ retryAtMs }) => retryAtMs !== undefined)
    .map((endpoint) => `model ${endpoint.model} is ${pauseReason(endpoint)}`);
}
