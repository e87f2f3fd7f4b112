/**
 * Measures models on labelled tasks: `node scripts/eval.ts [--model embedded:NAME] DATA.jsonl[.gz]...`. Rows are those of the
 * training data: a `diff` or a `content` with `requirements`, and a `label` approve or reject.
 */
import { parseArgs } from 'node:util';
import { EMBEDDED_VARIANTS } from '../src/models/embedded/registry.ts';
import { AIModelManager } from '../src/models/manager.ts';
import type { Judgement } from '../src/protocol/judgement.ts';
import { parseTask, type Task } from '../src/protocol/task.ts';
import { readLines } from './training/data.ts';
import { auc, balancedAccuracy, brier, calibrationError, interval, pairwise } from './training/metrics.ts';
import { generator } from './training/random.ts';

interface Outcome {
  slice: string;
  bad: boolean;
  pair: string | undefined;
  judgement: Judgement;
}

function taskOf(row: Record<string, unknown>): Task {
  if (typeof row['diff'] === 'string') {
    const requirements = { style: false, security: true, performance: false };
    return parseTask({ type: 'CODE_REVIEW', pullRequest: { url: '', diff: row['diff'], files: [] }, requirements });
  }
  const criteria = { skill: String(row['skill'] ?? 'any'), level: 50, requirements: row['requirements'] };
  return parseTask({ type: 'SKILL_ASSESSMENT', submission: { content: row['content'], evidence: [] }, criteria });
}

/** The probability that a reviewer would say no: the confidence of a rejection, the rest of an approval's. */
function badness({ vote, confidence }: Judgement): number {
  if (vote === 'abstain') return 0.5;
  return vote === 'reject' ? confidence : 1 - confidence;
}

function report(title: string, rows: readonly Outcome[]): void {
  const [scores, bad] = [rows.map(({ judgement }) => badness(judgement)), rows.map((row) => row.bad)];
  const share = (wanted: boolean, vote: Judgement['vote'], sure = false) => {
    const own = rows.filter((row) => row.bad === wanted);
    return (
      own.filter(({ judgement }) => judgement.vote === vote && (!sure || judgement.confidence >= 0.8)).length /
      own.length
    );
  };
  const figures: [string, number][] = [
    ['approved surely, good', share(false, 'approve', true)],
    ['rejected, good', share(false, 'reject')],
    ['approved surely, bad', share(true, 'approve', true)],
    ['rejected, bad', share(true, 'reject')],
    [
      'conclusive at 0.8',
      rows.filter(({ judgement }) => judgement.vote !== 'abstain' && judgement.confidence >= 0.8).length / rows.length,
    ],
  ];
  if (bad.includes(true) && bad.includes(false)) {
    const at = (own: readonly number[]) =>
      balancedAccuracy(
        own.map((i) => scores[i]!),
        own.map((i) => bad[i]!),
        0.5,
      );
    const [low, high] = interval(rows.length, at, generator(3));
    console.log(
      `${title}: ${rows.length} rows, balanced accuracy ${at([...rows.keys()]).toFixed(3)} (95% ${low.toFixed(3)} to ${high.toFixed(3)})`,
    );
    figures.push(
      ['AUC', auc(scores, bad)],
      ['Brier', brier(scores, bad)],
      ['calibration error', calibrationError(scores, bad)],
    );
    figures.push([
      'pairwise',
      pairwise(
        scores,
        bad,
        rows.map((row) => row.pair),
      ),
    ]);
  } else {
    console.log(`${title}: ${rows.length} rows`);
  }
  const known = figures.filter(([, value]) => Number.isFinite(value));
  console.log(`  ${known.map(([name, value]) => `${name} ${value.toFixed(3)}`).join(', ')}`);
}

const { values, positionals } = parseArgs({ options: { model: { type: 'string' } }, allowPositionals: true });
if (positionals.length === 0) {
  console.error('usage: node scripts/eval.ts [--model embedded:NAME] DATA.jsonl[.gz]...');
  process.exit(2);
}
const names = values.model === undefined ? EMBEDDED_VARIANTS.map((variant) => `embedded:${variant}`) : [values.model];
for (const name of names) {
  const manager = new AIModelManager({ default: name });
  const outcomes: Outcome[] = [];
  const timesMs: number[] = [];
  for (const row of positionals.flatMap(readLines)) {
    const start = performance.now();
    const judgement = await manager.predict(taskOf(row));
    timesMs.push(performance.now() - start);
    const slice = `${row['source']} ${row['lang'] ?? ''} ${row['form'] ?? ''}`.replace(/\s+/g, ' ').trim();
    outcomes.push({
      slice,
      bad: row['label'] === 'reject',
      pair: row['pair'] === undefined ? undefined : `${row['pair']} ${row['form']}`,
      judgement,
    });
  }
  timesMs.sort((a, b) => a - b);
  console.log(`\n== ${name}, median ${timesMs[timesMs.length >> 1]!.toFixed(2)} ms a task`);
  report('all', outcomes);
  for (const [slice, rows] of Map.groupBy(outcomes, (outcome) => outcome.slice)) report(slice, rows);
}
