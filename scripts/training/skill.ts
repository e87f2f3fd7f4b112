import { LinearModel } from '../../src/models/embedded/linear.ts';
import { crossed, crossedSize, type Standard } from '../../src/models/embedded/skill/classifiers.ts';
import { prepare } from '../../src/models/embedded/skill/coverage.ts';
import { skillFeatures } from '../../src/models/embedded/skill/features.ts';
import { readAnswer } from '../../src/models/embedded/skill/verdict.ts';
import { treeLogOdds } from '../../src/models/embedded/trees.ts';
import type { SkillRow } from './data.ts';
import { quantize, trainLinear } from './linear.ts';
import { platt } from './metrics.ts';
import { foldsOf, generator, shuffled } from './random.ts';
import { trainTrees } from './trees.ts';

/** A labelled or made-up answer as learned from. `attack` names how a made-up one games. */
export interface Answer {
  content: string;
  requirements: string[];
  good: boolean;
  group: string;
  source: string;
  weight: number;
  attack?: string;
}

/** In Beetle the requirements are alternatives: the one nearest to the answer stands for all. */
function answerOf(row: SkillRow): Answer {
  const { content, good, group, source } = row;
  const base = { content, good, group, source, weight: 1 };
  if (!source.startsWith('beetle')) return { ...base, requirements: row.requirements };
  const text = prepare(content);
  const { coverages } = readAnswer(text, row.requirements);
  const best = coverages.reduce((at, { words }, i) => (words > coverages[at]!.words ? i : at), 0);
  return { ...base, requirements: [row.requirements[best]!] };
}

const PADDING =
  'In conclusion this is a very important topic that everybody should think about more often and in more depth';

const ATTACKS: Record<string, (reference: string, random: () => number) => string> = {
  shuffled: (reference, random) => shuffled(reference.split(/\s+/), random).join(' '),
  negated: (reference) =>
    reference
      .replace(/\b(is|are|was|were|can|will|has|have|does|do)\b/i, '$1 not')
      .replace(/^(?!.*\bnot\b)(\S+)/, 'It is not true that $1'),
  keywords: (reference, random) =>
    shuffled(
      reference.split(/[^\p{L}\p{N}]+/u).filter((word) => word.length > 4),
      random,
    ).join(', '),
  padded: (_reference, random) => shuffled(PADDING.split(' '), random).join(' '),
  repeated: (reference) => `${reference.split(/\s+/).slice(0, 2).join(' ')} `.repeat(8),
};

/** Rows and what is made from them: gaming attempts, answers to something else, and answers to two questions at once. */
export function answersOf(rows: readonly SkillRow[], seed = 11): Answer[] {
  const random = generator(seed);
  const answers = rows.map(answerOf);
  const made: Answer[] = [];
  const byGroup = new Map(answers.map((answer) => [answer.group, answer]));
  for (const answer of byGroup.values()) {
    const reference = answer.requirements.join(' ');
    for (const [attack, make] of Object.entries(ATTACKS)) {
      for (let i = 0; i < 3; i++)
        made.push({ ...answer, content: make(reference, random), good: false, weight: 1, attack });
    }
  }
  for (const answer of shuffled(answers, random).slice(0, 3000)) {
    const other = answers[Math.floor(random() * answers.length)]!;
    if (other.group === answer.group) continue;
    const requirements = [...answer.requirements, ...other.requirements];
    made.push({ ...answer, requirements, good: false, weight: 0.5, attack: 'half' });
    made.push({ ...answer, requirements: other.requirements, good: false, weight: 0.3, attack: 'foreign' });
    const content = `${answer.content} ${other.content}`;
    if (answer.good && other.good) made.push({ ...answer, content, requirements, weight: 1, attack: 'both' });
  }
  return [...answers, ...made];
}

export function featuresOf({ content, requirements }: Answer): Float32Array {
  const text = prepare(content);
  const { groups, signs } = readAnswer(text, requirements);
  return skillFeatures(groups, signs, text);
}

const FOLDS = 4;
const SEED = 7;

/** Answers with their features, computed once. */
export function prepareSkill(rows: readonly SkillRow[]) {
  return answersOf(rows).map((answer) => ({ answer, features: featuresOf(answer) }));
}

export type PreparedAnswer = ReturnType<typeof prepareSkill>[number];

/** Means and spreads of the features over the training answers. */
export function standardOf(rows: readonly PreparedAnswer[]): Standard {
  const width = rows[0]!.features.length;
  const columns = Array.from({ length: width }, (_, i) => rows.map(({ features }) => features[i]!));
  const means = columns.map((column) => column.reduce((sum, value) => sum + value, 0) / column.length);
  const spreads = columns.map((column, i) =>
    Math.sqrt(column.reduce((sum, value) => sum + (value - means[i]!) ** 2, 0) / column.length),
  );
  return { means: means.map(round), spreads: spreads.map(round) };
}

const round = (value: number) => Number(value.toPrecision(5));

function linearModel(rows: readonly PreparedAnswer[], standard: Standard) {
  const examples = rows.map(({ answer, features }) => ({
    features: crossed(features, standard),
    label: answer.good ? 1 : 0,
    weight: answer.weight,
  }));
  const { bias, weights } = trainLinear(examples, crossedSize(standard.means.length), {
    epochs: 8,
    rate: 0.05,
    decay: 1e-4,
  });
  return quantize(bias, weights);
}

function treeModel(rows: readonly PreparedAnswer[]) {
  const examples = rows.map(({ answer, features }) => ({
    features,
    label: answer.good ? 1 : 0,
    weight: answer.weight,
  }));
  return trainTrees(examples, { rounds: 150, depth: 4, leafMin: 20 });
}

/** Log-odds of every answer by models that saw no answer to its question. */
export function heldOutSkill(rows: readonly PreparedAnswer[]): { tokens: number[]; profile: number[] } {
  const fold = foldsOf(
    rows.map(({ answer }) => answer.group),
    FOLDS,
    generator(SEED),
  );
  const [tokens, profile] = [new Array<number>(rows.length), new Array<number>(rows.length)];
  for (let f = 0; f < FOLDS; f++) {
    const training = rows.filter((_, i) => fold[i] !== f);
    const standard = standardOf(training);
    const [linear, trees] = [new LinearModel(linearModel(training, standard)), treeModel(training)];
    rows.forEach(({ features }, i) => {
      if (fold[i] !== f) return;
      tokens[i] = linear.logOdds(crossed(features, standard));
      profile[i] = treeLogOdds(trees, features);
    });
  }
  return { tokens, profile };
}

/** Calibration on real answers only: made-up ones are easy and would feign confidence. */
export function calibrateSkill(rows: readonly PreparedAnswer[], scores: readonly number[]) {
  const real = rows.map((_, i) => i).filter((i) => rows[i]!.answer.attack === undefined);
  const { slope, offset } = platt(
    real.map((i) => scores[i]!),
    real.map((i) => rows[i]!.answer.good),
  );
  return { slope: round(slope), offset: round(offset) };
}

/** The weights that ship, from all answers. */
export function finalSkill(rows: readonly PreparedAnswer[]) {
  const standard = standardOf(rows);
  return { standard, tokens: linearModel(rows, standard), profile: treeModel(rows) };
}
