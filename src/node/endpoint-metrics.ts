import { Counter, Gauge, type Registry } from 'prom-client';
import type { EndpointStatus } from '../models/openai/memory.ts';

type Sum = 'answers' | 'failures' | 'cacheHits' | 'costMicros';

/** Counts of the models behind endpoints, by configured name, as they stand when the metrics are read. */
export function registerEndpointMetrics(registry: Registry, endpoints: () => readonly EndpointStatus[]): void {
  const registers = [registry];
  const counter = (name: string, help: string, sum: Sum) => {
    new Counter({
      name,
      help,
      labelNames: ['model'],
      registers,
      collect() {
        this.reset();
        for (const status of endpoints()) this.inc({ model: status.model }, status[sum]);
      },
    });
  };
  counter('pheme_model_answers_total', 'Requests that the endpoint answered', 'answers');
  counter('pheme_model_failures_total', 'Requests that failed for a reason that lies with the endpoint', 'failures');
  counter('pheme_model_cache_hits_total', 'Answers remembered instead of asked for', 'cacheHits');
  counter('pheme_model_cost_micros_total', "Cost in millionths of the operator's currency", 'costMicros');
  new Counter({
    name: 'pheme_model_tokens_total',
    help: 'Tokens that the endpoint says it counted',
    labelNames: ['model', 'kind'],
    registers,
    collect() {
      this.reset();
      for (const { model, promptTokens, completionTokens } of endpoints()) {
        this.inc({ model, kind: 'prompt' }, promptTokens);
        this.inc({ model, kind: 'completion' }, completionTokens);
      }
    },
  });
  new Gauge({
    name: 'pheme_model_circuit_open',
    help: '1 while the endpoint is left alone after failures',
    labelNames: ['model'],
    registers,
    collect() {
      this.reset();
      for (const { model, retryAtMs } of endpoints()) this.set({ model }, retryAtMs === undefined ? 0 : 1);
    },
  });
}
