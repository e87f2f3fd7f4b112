import { Counter, Histogram, type Registry } from 'prom-client';
import type { TimelineEntry } from '../../engine/ports.ts';
import type { TimelineEvent } from '../../protocol/explanation.ts';
import { decodeCore, OUTCOMES } from '../../protocol/value.ts';
import type { ValidatorNode } from '../validator-node.ts';
import { readMetrics } from './read-metrics.ts';

/** From a network of embedded judges on one machine to the longest collection that a genesis may set. */
const SECONDS = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
const ROUNDS = [1, 2, 3, 5, 8, 13];
const BATCH = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000];

/** The stretches of a task's way; each begins with the end of the one before. */
const PHASES: readonly [phase: string, end: TimelineEvent][] = [
  ['judge', 'judged'],
  ['commit', 'closed'],
  ['reveal', 'revealed'],
  ['propose', 'proposed'],
  ['prevote', 'prevoted'],
  ['precommit', 'precommitted'],
];

/** What the network decides, how fast, and what stands in its way. */
export function registerConsensusMetrics(registry: Registry, node: ValidatorNode, isReady: () => boolean): void {
  registerState(registry, node, isReady);
  const registers = [registry];
  const decided = new Counter({
    name: 'pheme_decided_tasks_total',
    help: 'Tasks decided since the start, by outcome, and by reason where it is INCONCLUSIVE',
    labelNames: ['outcome', 'reason'],
    registers,
  });
  for (const outcome of OUTCOMES) decided.inc({ outcome, reason: 'none' }, 0);
  const final = new Histogram({
    name: 'pheme_task_final_seconds',
    help: 'Time from a task becoming known here to its decision',
    buckets: SECONDS,
    registers,
  });
  const phases = new Histogram({
    name: 'pheme_task_phase_seconds',
    help: 'Time of each phase of a decided task, as this node saw it',
    labelNames: ['phase'],
    buckets: SECONDS,
    registers,
  });
  const rounds = new Histogram({
    name: 'pheme_task_rounds',
    help: 'Rounds that a decision took; 1 is the least',
    buckets: ROUNDS,
    registers,
  });
  node.watch({
    onDecided: (taskId, { coreBytes, votes }) => {
      const { outcome, reason } = decodeCore(coreBytes);
      decided.inc({ outcome, reason: reason ?? 'none' });
      rounds.observe(votes[0]!.leaf.round + 1);
      const timeline = node.engine.recentTimeline(taskId) ?? [];
      const totalMs = durationMs(timeline);
      if (totalMs === undefined) return;
      final.observe(totalMs / 1000);
      for (const [phase, ms] of phasesOf(timeline)) phases.observe({ phase }, ms / 1000);
    },
  });
  registerStatements(registry, node);
}

function registerState(registry: Registry, node: ValidatorNode, isReady: () => boolean): void {
  const { gauge, gauges } = readMetrics(registry);
  const { engine } = node;
  gauge('pheme_ready', '1 while the node is connected to a quorum and can write', () => (isReady() ? 1 : 0));
  gauges('pheme_healthy', '1 while a part of the node is well', 'part', () => {
    const { queue, models, validators, database } = node.health.report();
    const parts = Object.entries({ queue, models, validators, database });
    return Object.fromEntries(parts.map(([part, { healthy }]) => [part, healthy ? 1 : 0]));
  });
  gauge('pheme_open_tasks', 'Undecided tasks', () => engine.openTasks.size);
  gauge('pheme_oldest_open_task_age_seconds', 'Since when the oldest undecided task is known; 0 without any', () => {
    const seen = [...engine.openTasks.values()].map(({ firstSeenMs }) => firstSeenMs);
    return seen.length === 0 ? 0 : Math.max(0, (Date.now() - Math.min(...seen)) / 1000);
  });
  gauge('pheme_results', 'Decided tasks held', () => node.store.resultCount());
  gauge('pheme_given_up_tasks', 'Tasks that were given up undecided', () => engine.givenUp.size);
  gauge('pheme_connected_weight', 'Weight of the connected validators, the own included', () => node.connectedWeight());
  gauge('pheme_quorum_weight', 'Weight that decides', () => node.committee.quorum);
}

function registerStatements(registry: Registry, node: ValidatorNode): void {
  const registers = [registry];
  const batch = new Histogram({
    name: 'pheme_batch_statements',
    help: 'Own statements under one signature',
    buckets: BATCH,
    registers,
  });
  const equivocations = new Counter({
    name: 'pheme_equivocations_total',
    help: 'Contradictions seen since the start, by validator',
    labelNames: ['validator'],
    registers,
  });
  for (const index of node.committee.validators.keys()) equivocations.inc({ validator: String(index) }, 0);
  node.watch({
    onTick: ({ batchSizes }) => {
      for (const size of batchSizes) batch.observe(size);
    },
    onProgress: (_taskId, { event, validatorIndex }) => {
      if (event === 'equivocated' && validatorIndex !== undefined)
        equivocations.inc({ validator: String(validatorIndex) });
    },
  });
}

/** From seen to decided; undefined if either was not seen here, as of a task that was caught up with. */
function durationMs(timeline: readonly TimelineEntry[]): number | undefined {
  const seen = timeline.find(({ event }) => event === 'seen');
  const decided = timeline.findLast(({ event }) => event === 'decided');
  return seen === undefined || decided === undefined ? undefined : decided.atMs - seen.atMs;
}

/** A phase that was not seen, or that ended before the one in front of it, is left out. */
export function phasesOf(timeline: readonly TimelineEntry[]): [phase: string, ms: number][] {
  let beginMs = timeline.find(({ event }) => event === 'seen')?.atMs;
  const phases: [string, number][] = [];
  for (const [phase, end] of PHASES) {
    const endMs = timeline.findLast(({ event }) => event === end)?.atMs;
    if (beginMs === undefined || endMs === undefined || endMs < beginMs) continue;
    phases.push([phase, endMs - beginMs]);
    beginMs = endMs;
  }
  return phases;
}
