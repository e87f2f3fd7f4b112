import type { ComponentHealth, HealthReport } from '../rpc/api.ts';

/** Why a part is not well, none if it is; and what is worth knowing besides. Each is a sentence of its own. */
export interface HealthNotes {
  faults: string[];
  notes: string[];
}
export type ProbeAnswer = string[] | HealthNotes;

/** What the monitor looks at. */
export interface HealthProbes {
  queue(): ProbeAnswer;
  models(): ProbeAnswer;
  validators(): ProbeAnswer;
  database(): ProbeAnswer;
}

/** Tells whether a node can do its work, part by part, with reasons. */
export class HealthMonitor {
  readonly #probes: HealthProbes;

  constructor(probes: HealthProbes) {
    this.#probes = probes;
  }

  async checkHealth(): Promise<HealthReport> {
    return this.report();
  }

  /** The same at once. */
  report(): HealthReport {
    const queue = health(this.#probes.queue());
    const models = health(this.#probes.models());
    const validators = health(this.#probes.validators());
    const database = health(this.#probes.database());
    const healthy = [queue, models, validators, database].every((part) => part.healthy);
    return { healthy, queue, models, validators, database };
  }
}

function health(answer: ProbeAnswer): ComponentHealth {
  const { faults, notes } = Array.isArray(answer) ? { faults: answer, notes: [] } : answer;
  return { healthy: faults.length === 0, reasons: [...faults, ...notes] };
}
