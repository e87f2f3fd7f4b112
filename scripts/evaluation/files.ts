import { Readable } from 'node:stream';
import { inOrder } from '../../src/cli/lines.ts';
import { assertModelAccess, loadConfig } from '../../src/config/load.ts';
import { createJudges } from '../../src/node/judges.ts';
import { ValidationError } from '../../src/protocol/errors.ts';
import { readLines } from '../training/data.ts';
import { aboutLine, aboutThisRun } from './about.ts';
import type { Figures } from './held-out-report.ts';
import { embeddedJudges, type Judges } from './judging.ts';
import { badnessOf, measure, type Scored } from './measures.ts';
import { figureLines } from './render.ts';
import { asEvalRow, type EvalRow, inSampleSources, labelledRow } from './rows.ts';

export interface FilesRun {
  paths: readonly string[];
  /** A configured model; all embedded judges unless it or a home is given. */
  model: string | undefined;
  home: string | undefined;
  baseRate: number;
  asJson: boolean;
}

interface ModelReport {
  medianMs: number;
  /** Why tasks got no verdict, and how many. */
  abstentions: Record<string, number>;
  slices: Record<string, { rows: number; bad: number; groups: number; figures: Figures }>;
}

/** Judges the rows of files by each model asked for, and prints figures for all rows and for each slice. */
export async function evaluateFiles(run: FilesRun) {
  const about = aboutThisRun();
  const records = run.paths.flatMap(readLines);
  const rows = records.map((record) => asEvalRow(record, labelledRow)).filter((row) => row !== undefined);
  const print = (lines: readonly string[]) => {
    if (!run.asJson) console.log(lines.join('\n'));
  };
  const notes = notesOn(records.length, rows);
  print(notes.map((note) => `note: ${note}`));
  const models: Record<string, ModelReport> = {};
  await withJudges(run, async (judges, width) => {
    for (const [name, judge] of Object.entries(judges)) {
      models[name] = await evaluateModel(rows, judge, width, run.baseRate);
      print(modelLines(name, models[name]));
    }
  });
  print([
    '',
    `${aboutLine(about)}; ${rows.length} rows; intervals are 95%, over repositories or questions where rows name them`,
  ]);
  return { about, notes, baseRate: run.baseRate, models };
}

function notesOn(given: number, rows: readonly EvalRow[]): string[] {
  const inSample = inSampleSources(rows);
  const unread = given - rows.length;
  return [
    ...(unread > 0 ? [`${unread} of ${given} rows hold no labelled task and are left out`] : []),
    ...(inSample.length > 0
      ? [
          `${inSample.join(', ')}: the shipped embedded weights were trained on rows of these sources. Unless these are other rows, ` +
            'the figures below are IN SAMPLE and flatter; eval --held-out DATA_FOLDER trains without what it judges',
        ]
      : []),
  ];
}

/** Hands over the judges asked for, and how many tasks each takes at once. */
type UseJudges = (judges: Judges, width: number) => Promise<void>;

async function withJudges({ model, home }: FilesRun, use: UseJudges): Promise<void> {
  const embedded = embeddedJudges();
  const variant = model?.replace(/^embedded:/, '');
  if (home === undefined && (variant === undefined || Object.hasOwn(embedded, variant))) {
    return use(variant === undefined ? embedded : { [variant]: embedded[variant]! }, 1);
  }
  const { config } = await loadConfig({ home, flags: { model, settings: {} }, environment: process.env });
  if (model !== undefined && config.defaultModel !== model && config.models[config.defaultModel]?.model !== model)
    throw new ValidationError(
      `there is no model ${model}: give one of ${Object.keys(config.models).join(', ')}`,
      'INVALID_CONFIG',
    );
  assertModelAccess(config);
  const judges = createJudges(config);
  try {
    const { signal } = new AbortController();
    await use({ [config.defaultModel]: (task) => judges.judge(task, signal) }, config.worker.concurrency);
  } finally {
    await judges.stop();
  }
}

async function evaluateModel(
  rows: readonly EvalRow[],
  judge: Judges[string],
  width: number,
  baseRate: number,
): Promise<ModelReport> {
  const timesMs: number[] = [];
  const abstentions: Record<string, number> = {};
  const judged: { row: EvalRow; badness: number }[] = [];
  const judgeOne = async (row: EvalRow) => {
    const startMs = performance.now();
    const judgement = await judge(row.task);
    timesMs.push(performance.now() - startMs);
    return { row, judgement };
  };
  for await (const { row, judgement } of inOrder(Readable.from(rows), width, judgeOne)) {
    const reason = judgement.abstainReason;
    if (reason !== undefined) abstentions[reason] = (abstentions[reason] ?? 0) + 1;
    judged.push({ row, badness: badnessOf(judgement) });
  }
  const report = (scored: readonly Scored[]) => ({
    rows: scored.length,
    bad: scored.filter(({ row }) => row.bad).length,
    groups: new Set(scored.map(({ row }) => row.group)).size,
    figures: measure(scored, baseRate),
  });
  const slices = [...Map.groupBy(judged, ({ row }) => row.slice)].map(([slice, own]) => [slice, report(own)]);
  const kinds = [...Map.groupBy(judged, ({ row }) => row.kind)].map(([kind, own]) => [`all ${kind}`, report(own)]);
  timesMs.sort((a, b) => a - b);
  return {
    medianMs: Number((timesMs[timesMs.length >> 1] ?? Number.NaN).toFixed(2)),
    abstentions,
    slices: Object.fromEntries([...kinds, ...slices]),
  };
}

function modelLines(name: string, { medianMs, abstentions, slices }: ModelReport): string[] {
  const reasons = Object.entries(abstentions).map(([reason, count]) => `${count} ${reason}`);
  return [
    '',
    `== ${name}, median ${medianMs} ms a task, abstentions: ${reasons.join(', ') || 'none'}`,
    ...Object.entries(slices).flatMap(([slice, { rows, bad, groups, figures }]) => [
      `  ${slice}: ${rows} rows, ${bad} bad, ${groups} repositories or questions`,
      ...figureLines(figures),
    ]),
  ];
}
