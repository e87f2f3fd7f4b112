import type { ComponentHealth, HealthReport } from '../rpc/api.ts';

/** What the monitor looks at; each probe gives the reasons why a part is not well, none if it is. */
export interface HealthProbes {
  queue(): string[];
  models(): string[];
  validators(): string[];
  database(): string[];
}

/** Tells whether a node can do its work, part by part, with reasons. */
export class HealthMonitor {
  readonly #probes: HealthProbes;

  constructor(probes: HealthProbes) {
    this.#probes = probes;
  }

  async checkHealth(): Promise<HealthReport> {
    const queue = health(this.#probes.queue());
    const models = health(this.#probes.models());
    const validators = health(this.#probes.validators());
    const database = health(this.#probes.database());
    const healthy = [queue, models, validators, database].every((part) => part.healthy);
    return { healthy, queue, models, validators, database };
  }
}

function health(reasons: string[]): ComponentHealth {
  return { healthy: reasons.length === 0, reasons };
}
