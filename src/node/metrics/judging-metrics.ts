import { Counter, Histogram, type Registry } from 'prom-client';
import { ABSTAIN_REASONS } from '../../protocol/judgement.ts';
import type { ValidatorNode } from '../validator-node.ts';
import type { WorkerPoolSnapshot } from '../worker-pool.ts';
import { readMetrics } from './read-metrics.ts';

export type JudgingStatus = Pick<WorkerPoolSnapshot, 'queued' | 'active' | 'workers' | 'workersLost' | 'endpoints'>;

/** From an embedded judge of a small diff to the longest budget of a slow model. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
/** A home names a few models; an endpoint that calls itself something new each time must not make a series each time. */
const MODELS_MAX = 20;

/** How the local models judge, and what waits for them. */
export function registerJudgingMetrics(registry: Registry, node: ValidatorNode, judging: () => JudgingStatus): void {
  const { gauge, counter } = readMetrics(registry);
  counter('pheme_judgements_total', 'Judgements made here since the start', () => node.metrics().jobsProcessed);
  counter('pheme_judgement_failures_total', 'Judgements that failed or abstained for want of an answer', () => {
    return node.metrics().validationFailure;
  });
  gauge('pheme_judging_queued', 'Tasks that wait for a judge', () => judging().queued);
  gauge('pheme_judging_active', 'Tasks that are being judged', () => judging().active);
  gauge('pheme_judging_workers', 'Threads that judge', () => judging().workers);
  counter('pheme_judging_workers_lost_total', 'Threads that hung or crashed', () => judging().workersLost);
  registerJudgements(registry, node);
}

function registerJudgements(registry: Registry, node: ValidatorNode): void {
  const registers = [registry];
  const seconds = new Histogram({
    name: 'pheme_judgement_seconds',
    help: 'Time of a judgement, the wait for a worker and all attempts included, by model',
    labelNames: ['model'],
    buckets: SECONDS,
    registers,
  });
  const votes = new Counter({
    name: 'pheme_judgement_votes_total',
    help: 'Judgements made here by their vote',
    labelNames: ['vote'],
    registers,
  });
  const abstentions = new Counter({
    name: 'pheme_judgement_abstentions_total',
    help: 'Abstentions of the own judge by reason',
    labelNames: ['reason'],
    registers,
  });
  for (const vote of ['approve', 'reject', 'abstain']) votes.inc({ vote }, 0);
  for (const reason of ABSTAIN_REASONS) abstentions.inc({ reason }, 0);
  const models = new Set<string>();
  node.watch({
    onJudged: ({ model, vote, abstainReason }, elapsedMs) => {
      if (models.size < MODELS_MAX) models.add(model.id);
      seconds.observe({ model: models.has(model.id) ? model.id : 'other' }, elapsedMs / 1000);
      votes.inc({ vote });
      if (abstainReason !== undefined) abstentions.inc({ reason: abstainReason });
    },
  });
}
