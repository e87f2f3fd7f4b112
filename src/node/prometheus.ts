import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { EndpointStatus } from '../models/openai/memory.ts';
import { registerEndpointMetrics } from './endpoint-metrics.ts';
import { registerValidatorMetrics } from './validator-metrics.ts';
import type { ValidatorNode } from './validator-node.ts';

const registries = new WeakMap<ValidatorNode, Registry>();

/** The node's state in the Prometheus text format, with the process's own metrics. */
export function prometheusText(node: ValidatorNode, endpoints: () => readonly EndpointStatus[]): Promise<string> {
  let registry = registries.get(node);
  if (registry === undefined) {
    registry = createRegistry(node);
    registerEndpointMetrics(registry, endpoints);
    registerValidatorMetrics(registry, node);
    registries.set(node, registry);
  }
  return registry.metrics();
}

function createRegistry(node: ValidatorNode): Registry {
  const registry = new Registry();
  const gauge = (name: string, help: string, read: () => number) => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  gauge('pheme_open_tasks', 'Undecided tasks', () => node.engine.openTasks.size);
  gauge('pheme_results', 'Decided tasks held', () => node.store.resultCount());
  gauge('pheme_peers', 'Connected peers, observers included', () => node.peers().length);
  gauge('pheme_connected_weight', 'Weight of the connected validators, the own included', () => node.connectedWeight());
  gauge('pheme_quorum_weight', 'Weight that decides', () => node.committee.quorum);
  gauge('pheme_damaged_values', 'Stored values found damaged since the start', () => node.store.damagedCount());
  gauge('pheme_database_writable', '1 while the database takes writes', () =>
    node.engine.writeFault === undefined ? 1 : 0,
  );
  gauge('pheme_judgements_total', 'Judgements made here since the start', () => node.metrics().jobsProcessed);
  gauge('pheme_judgement_failures_total', 'Abstentions and errors among them', () => node.metrics().validationFailure);
  gauge('pheme_judgement_mean_seconds', 'Mean time of a judgement', () => node.metrics().averageProcessingTime / 1000);
  collectDefaultMetrics({ register: registry });
  return registry;
}
