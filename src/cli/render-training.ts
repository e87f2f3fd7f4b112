import { relative } from 'node:path';
import type { TrainedModel } from '../node/custom-training.ts';
import { type Tone, table } from './io.ts';

type TrainedHead = TrainedModel['heads'][number];
interface ShownLine {
  text: string;
  tone?: Tone;
}

/** Everything but the weights. */
export function trainingToJson({ model, heads, path }: TrainedModel): Record<string, unknown> {
  const { name, enabled, digest, dataDigest, prior } = model;
  const told = heads.map(({ weights: { rows, strength }, ...head }) => ({ ...head, rows, strength }));
  return { name, enabled, path, digest, dataDigest, prior, heads: told };
}

/** What the training measured, and how to use the model, or why it is not enabled. */
export function trainingLines({ model, heads, path }: TrainedModel, home: string): ShownLine[] {
  const lines = heads.flatMap((head) => headLines(head, model.prior.name)).map((text) => ({ text }));
  return [...lines, ...(model.enabled ? usageLines(model.name, path, home) : refusalLines(heads, path))];
}

function usageLines(name: string, path: string, home: string): ShownLine[] {
  const inHome = relative(home, path);
  const file = inHome.startsWith('..') ? path : inHome;
  return [
    { text: `enabled  ${path}`, tone: 'good' },
    { text: 'To use it, list it in validator.yml, first if it is to be preferred:' },
    { text: `  models: { ${name}: { provider: custom, file: ${file} } }` },
    { text: `Where it is listed: pheme judge TASKS.jsonl --model ${name}` },
  ];
}

function refusalLines(heads: readonly TrainedHead[], path: string): ShownLine[] {
  const reasons = heads.flatMap(({ type, refused }) => (refused === undefined ? [] : `${type}: ${refused}`));
  return [
    ...reasons.map((reason): ShownLine => ({ text: `not enabled  ${reason}`, tone: 'bad' })),
    { text: `Give it more rows, or more varied ones; its figures stand in ${path}` },
    ...(heads.some(({ holdOut }) => holdOut === 'group') ? [{ text: SAME_GROUPS }] : []),
  ];
}

const SAME_GROUPS =
  'If it is only for the questions or repositories that it was trained on, measure with --hold-out row.';

function headLines(head: TrainedHead, prior: string): string[] {
  const { type, weights, approvals, rejections, groups, holdOut, rejectShare, metrics } = head;
  const { before, after, change } = metrics;
  const unit = holdOut === 'group' ? 'questions or repositories' : 'rows, near copies together';
  const inUse = `${(rejectShare * 100).toFixed(0)}% taken to be rejected in use`;
  return [
    `${type}: ${weights.rows} rows (${approvals} approve, ${rejections} reject) of ${groups} groups; ${inUse}`,
    `  measured on held-out ${unit}, with 95% intervals:`,
    ...table([
      ['', `before (${prior})`, 'after'],
      ['accuracy', shown(before.accuracy), shown(after.accuracy)],
      ['balanced accuracy', shown(before.balancedAccuracy), shown(after.balancedAccuracy)],
      ['AUC', shown(before.auc), shown(after.auc)],
      ['Brier score', shown(before.brier), shown(after.brier)],
    ]).map((line) => `  ${line}`),
    `  change: accuracy ${shown(change.accuracy)}, Brier score ${shown(change.brier)}`,
  ];
}

function shown({ value, low, high }: { value: number; low: number; high: number }): string {
  return `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}
