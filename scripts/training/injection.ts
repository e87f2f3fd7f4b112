import type { Sparse } from '../../src/models/embedded/hashing.ts';
import { LinearModel, type LinearWeights } from '../../src/models/embedded/linear.ts';
import { InjectionDetector, type InjectionWeights } from '../../src/models/screening/detector.ts';
import { sentenceFeatures } from '../../src/models/screening/features.ts';
import { fold } from '../../src/models/screening/fold.ts';
import { passagesOf } from '../../src/models/screening/passages.ts';
import { sentencesOf } from '../../src/models/screening/sentences.ts';
import { wordsOf } from '../../src/models/screening/words.ts';
import type { Task } from '../../src/protocol/task.ts';
import { readCode, readLines, readSkill } from './data.ts';
import { madeUpSentences } from './injection-texts.ts';
import { quantize, trainLinear } from './linear.ts';
import { interval } from './metrics.ts';
import { foldsOf, generator } from './random.ts';

/** A text whose sentences are learned from: one that tries to steer a model, or a harmless one. */
export interface InjectionRow {
  source: 'deepset' | 'inthewild' | 'made up' | 'written' | 'answers' | 'changes' | 'benign commits';
  passages: { text: string; prose: boolean }[];
  steering: boolean;
  /** Rows of a group are alike: near copies, one question, one repository. */
  group: string;
}

const BUCKETS = 16_384;
const FOLDS = 5;
const MADE_UP_PER_PATTERN = 40;
/** Share of harmless rows that the classifier may take for an attempt by itself. */
const FALSE_ALARMS_MAX = 0.003;
/** No single sentence counts for more than this. */
const WEIGHT_MAX = 3;
/** Kinds of rows have this weight in sum, so that the many answers do not drown the few attempts. */
const WEIGHT: Record<InjectionRow['source'], number> = {
  deepset: 600,
  inthewild: 900,
  'made up': 1200,
  written: 1500,
  answers: 1500,
  changes: 1500,
  'benign commits': 800,
};

/** All texts of the data folder, with the made-up ones. */
export function readInjection(folder: string): InjectionRow[] {
  const labelled = (['deepset', 'inthewild'] as const).flatMap((source) =>
    readLines(`${folder}/injection/${source}.jsonl.gz`).map((row) => {
      const text = String(row['text']);
      // The public set repeats itself with small changes: what begins alike is one group.
      const group = `${source} ${
        fold(text)
          .text.match(/[a-z]+/g)
          ?.slice(0, 6)
          .join(' ') ?? text
      }`;
      return { source, passages: said(text), steering: row['label'] === 'injection', group };
    }),
  );
  const madeUp = madeUpSentences(MADE_UP_PER_PATTERN, generator(7)).map(({ text, steering, group }) => ({
    source: group.startsWith('written') ? ('written' as const) : ('made up' as const),
    passages: said(text),
    steering,
    group,
  }));
  return [...labelled, ...madeUp, ...harmless(folder)];
}

const said = (text: string) => [{ text, prose: true }];

function harmless(folder: string): InjectionRow[] {
  const answers = readSkill(folder).map(({ content, requirements, group }) => ({
    source: 'answers' as const,
    passages: [content, ...requirements].flatMap(said),
    group,
  }));
  const changes = readCode(folder)
    .filter(({ id }) => !id.endsWith(':twin'))
    .map(({ slice, diff, group }) => {
      const source = slice === 'js benign' ? ('benign commits' as const) : ('changes' as const);
      const requirements = { style: false, security: true, performance: false };
      const task: Task = { type: 'CODE_REVIEW', pullRequest: { url: '', diff, files: [] }, requirements };
      return { source, passages: passagesOf(task), group };
    });
  return [...answers, ...changes].map((row) => ({ ...row, steering: false }));
}

function sentencesOfRow({ passages }: InjectionRow): string[][] {
  return passages.flatMap(({ text, prose }) =>
    sentencesOf(wordsOf(fold(text), text), text, prose).map((words) => words.map((word) => word.text)),
  );
}

interface Sample {
  row: number;
  features: Sparse;
}

function samplesOf(rows: readonly InjectionRow[]): Sample[] {
  return rows.flatMap((own, row) =>
    sentencesOfRow(own).map((words) => ({ row, features: sentenceFeatures(words, BUCKETS) })),
  );
}

/**
 * Trains twice: a text that steers holds harmless sentences too, so the second time only the more telling half of its
 * sentences counts.
 */
function train(rows: readonly InjectionRow[], samples: readonly Sample[]): LinearWeights {
  const first = new LinearModel(fitted(rows, samples));
  const scores = samples.map(({ features }) => first.logOdds(features));
  const byRow = Map.groupBy(samples.keys(), (i) => samples[i]!.row);
  const medians = new Map([...byRow].map(([row, own]) => [row, median(own.map((i) => scores[i]!))]));
  return fitted(
    rows,
    samples.filter(({ row }, i) => !rows[row]!.steering || scores[i]! >= medians.get(row)!),
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function fitted(rows: readonly InjectionRow[], samples: readonly Sample[]): LinearWeights {
  const sourceOf = ({ row }: Sample) => rows[row]!.source;
  const sizes = new Map([...Map.groupBy(samples, sourceOf)].map(([source, own]) => [source, own.length]));
  const examples = samples.map((sample) => ({
    features: sample.features,
    label: rows[sample.row]!.steering ? 1 : 0,
    weight: Math.min(WEIGHT_MAX, WEIGHT[sourceOf(sample)] / sizes.get(sourceOf(sample))!),
  }));
  const { bias, weights } = trainLinear(examples, BUCKETS, { epochs: 8 });
  return quantize(bias, weights);
}

/** The score of a row without a sentence: lower than any. */
const SPEECHLESS = -1000;

/** For every row the log-odds of its most telling sentence, by models that saw no row of its group. */
export function heldOutInjection(rows: readonly InjectionRow[]): number[] {
  const samples = samplesOf(rows);
  const folds = foldsOf(
    rows.map(({ group }) => group),
    FOLDS,
    generator(11),
  );
  const scores = rows.map(() => SPEECHLESS);
  for (let fold = 0; fold < FOLDS; fold++) {
    const model = new LinearModel(
      train(
        rows,
        samples.filter(({ row }) => folds[row] !== fold),
      ),
    );
    for (const { row, features } of samples)
      if (folds[row] === fold) scores[row] = Math.max(scores[row]!, model.logOdds(features));
  }
  return scores;
}

/** The weights that ship, and from which log-odds they count, so that few harmless rows among the held-out reach it. */
export function trainInjection(rows: readonly InjectionRow[], heldOut = heldOutInjection(rows)): InjectionWeights {
  const harmlessScores = heldOut.filter((_, i) => isEveryday(rows[i]!)).sort((a, b) => b - a);
  const threshold = harmlessScores[Math.floor(FALSE_ALARMS_MAX * harmlessScores.length)]!;
  // Just above, since a requirement that stands in forty rows would take them all along.
  return { model: train(rows, samplesOf(rows)), threshold: Number((threshold + 0.001).toFixed(3)) };
}

/** Texts as a network judges them, none of which speaks to a model. */
function isEveryday({ source }: InjectionRow): boolean {
  return source === 'answers' || source === 'changes' || source === 'benign commits';
}

/** A table of how many rows are taken for attempts: by the classifier held out, by patterns, and by either. */
export function injectionTable(rows: readonly InjectionRow[], heldOut: readonly number[], threshold: number): string {
  const patterns = new InjectionDetector(SILENT);
  const matched = rows.map(({ passages }) => {
    patterns.renew();
    return passages.some(({ text, prose }) => patterns.attemptsIn(text, prose).length > 0);
  });
  const lines = ['| texts | rows | classifier, held out | patterns | either (95%) |', '|---|---|---|---|---|'];
  for (const [title, own] of Map.groupBy(rows.keys(), (i) => titleOf(rows[i]!))) {
    const share = (holds: (i: number) => boolean) => own.filter(holds).length / own.length;
    const learned = (i: number) => heldOut[i]! >= threshold;
    const either = (i: number) => learned(i) || matched[i]!;
    const [low, high] = interval(
      own.length,
      (drawn) => drawn.filter((at) => either(own[at]!)).length / own.length,
      generator(3),
    );
    const told = `${percent(share(either))} (${percent(low)} to ${percent(high)})`;
    lines.push(
      `| ${title} | ${own.length} | ${percent(share(learned))} | ${percent(share((i) => matched[i]!))} | ${told} |`,
    );
  }
  return lines.join('\n');
}

/** Weights that take no sentence for an attempt. */
const SILENT: InjectionWeights = {
  model: { buckets: 1, bias: 0, scale: 0, weights: 'AA==' },
  threshold: Number.POSITIVE_INFINITY,
};

const percent = (share: number) => `${(100 * share).toFixed(share < 0.1 ? 2 : 1)}%`;
const titleOf = ({ source, steering }: InjectionRow) => `${source}, ${steering ? 'steering' : 'harmless'}`;
