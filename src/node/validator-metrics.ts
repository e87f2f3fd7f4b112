import { Gauge, type Registry } from 'prom-client';
import type { ValidatorNode } from './validator-node.ts';

const LABELS = ['validator', 'key'] as const;

/**
 * Who is connected and since when, for alerts that say so in the words of every other place: with `key` as the label's
 * text and the time as `{{ ($value | toTime).UTC.Format "2006-01-02T15:04:05Z" }}`. One series a validator.
 */
export function registerValidatorMetrics(registry: Registry, node: ValidatorNode): void {
  const gauge = (name: string, help: string, read: (index: number) => number) => {
    new Gauge({
      name,
      help,
      labelNames: LABELS,
      registers: [registry],
      collect() {
        for (const [index, { publicKey }] of node.committee.validators.entries())
          this.set({ validator: String(index), key: publicKey.slice(0, 8) }, read(index));
      },
    });
  };
  const { explainer } = node;
  gauge(
    'pheme_validator_connected',
    '1 while the validator is connected to this node, and for the node itself',
    (index) => (explainer.presence.stateOf(index)?.connected === false ? 0 : 1),
  );
  gauge(
    'pheme_validator_disconnected_timestamp_seconds',
    'Unix time since which the validator is not connected; 0 while it is',
    (index) => {
      const state = explainer.presence.stateOf(index);
      return state === undefined || state.connected ? 0 : Math.floor(state.sinceMs / 1000);
    },
  );
  registerParticipationMetrics(registry, node);
}

function registerParticipationMetrics(registry: Registry, { committee, explainer }: ValidatorNode): void {
  const { participation } = explainer;
  const standings = ['agreed', 'dissented', 'voted', 'abstained', 'late', 'unrevealed', 'missing'] as const;
  new Gauge({
    name: 'pheme_validator_window_tasks',
    help: 'Of the latest decided tasks, how many a validator took part in how',
    labelNames: ['validator', 'standing'],
    registers: [registry],
    collect() {
      for (const index of committee.validators.keys()) {
        const counts = participation.of(index);
        for (const standing of standings) this.set({ validator: String(index), standing }, counts[standing]);
      }
    },
  });
  new Gauge({
    name: 'pheme_effective_model_families',
    help: 'As how many independent judges the families voted of late, at least; 0 while too little is known',
    registers: [registry],
    collect() {
      this.set(participation.effectiveFamilies() ?? 0);
    },
  });
}
