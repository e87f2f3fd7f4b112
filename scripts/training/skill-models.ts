import { joined, type Sparse } from '../../src/models/embedded/hashing.ts';
import { LinearModel, type LinearWeights } from '../../src/models/embedded/linear.ts';
import {
  denseScores,
  type FlowWeights,
  type ProfileWeights,
  type RulesWeights,
  type TokensWeights,
} from '../../src/models/embedded/skill/assessors.ts';
import { SKILL_FEATURES } from '../../src/models/embedded/skill/features.ts';
import { WaveMap } from '../../src/models/embedded/skill/fourier.ts';
import type { Standard } from '../../src/models/embedded/skill/standard.ts';
import { stepLogOdds } from '../../src/models/embedded/skill/steps.ts';
import { treeLogOdds } from '../../src/models/embedded/trees.ts';
import { type Answer, isAttack } from './answers.ts';
import { quantize } from './linear.ts';
import { trainRidge } from './ridge.ts';
import { trainTrees } from './trees.ts';

/** Size of the hashed tables of words, in int8 weights. */
export const LEXICON_BUCKETS = 1 << 16;
/** The same for runs of letters, of which there are fewer. */
export const LETTER_BUCKETS = 1 << 15;
export const WAVES = { seed: 9, waves: 256, frequency: 0.06 };

/** An answer with all that the models learn from, computed once. */
export interface Prepared {
  answer: Answer;
  label: number;
  weight: number;
  plain: Float32Array;
  dense: Float32Array;
  /** Hashed words beside the requirement met best as words weigh by their looks, and by how rare they are. */
  plainWords: Sparse;
  words: Sparse;
  phrases: Sparse;
  letters: Sparse;
  sights: number[];
}

type Untold = 'calibration' | 'rarity' | 'waves';

export interface Models {
  gaming: ReturnType<typeof trainTrees>;
  rules: Omit<RulesWeights, Untold>;
  flow: Omit<FlowWeights, Untold>;
  tokens: Omit<TokensWeights, Untold>;
  profile: Omit<ProfileWeights, Untold>;
}

export const round = (value: number) => Number(value.toPrecision(5));

/** The measures that can be read off, for the rules. */
const RULES_FEATURES = [...SKILL_FEATURES.keys()].filter((i) => !/^(?:joined runs|overlap)/.test(SKILL_FEATURES[i]!));

function standardOf(rows: readonly Prepared[]): Standard {
  const features = [...SKILL_FEATURES.keys()];
  const moments = features.map((feature) => {
    const values = rows.map(({ dense }) => dense[feature]!);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return [mean, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)] as const;
  });
  return { features, means: moments.map(([mean]) => round(mean)), spreads: moments.map(([, spread]) => round(spread)) };
}

/** Measures and hashed words in one regression, so that neither tells again what the other told. */
function trainBoth(
  rows: readonly Prepared[],
  { measures, width, words, buckets, decay }: Both,
): { bias: number; weights: Float64Array; lexicon: LinearWeights } {
  const examples = rows.map((row) => {
    const hashed = words(row);
    const shifted = { ...hashed, buckets: hashed.buckets.map((bucket) => bucket + width) };
    return { features: joined([measures(row), shifted]), label: row.label, weight: row.weight };
  });
  const { bias, weights } = trainRidge(examples, width + buckets, { decay });
  return { bias, weights: weights.slice(0, width), lexicon: quantize(0, weights.slice(width)) };
}

interface Both {
  measures: (row: Prepared) => Sparse;
  width: number;
  words: (row: Prepared) => Sparse;
  buckets: number;
  decay: number;
}

const STEPS = 8;

function trainRules(rows: readonly Prepared[]): Models['rules'] {
  const thresholds = RULES_FEATURES.map((feature) => {
    const values = rows.map(({ plain }) => plain[feature]!).sort((a, b) => a - b);
    const cuts = Array.from({ length: STEPS }, (_, k) =>
      Number(values[Math.floor((values.length * (k + 0.5)) / STEPS)]!.toPrecision(3)),
    );
    return [...new Set(cuts)];
  });
  const starts = thresholds.map((_, i) => thresholds.slice(0, i).reduce((sum, cuts) => sum + cuts.length, 0));
  const width = thresholds.reduce((sum, cuts) => sum + cuts.length, 0);
  const measures = ({ plain }: Prepared) => {
    const on = thresholds.flatMap((cuts, i) =>
      cuts.flatMap((cut, k) => (plain[RULES_FEATURES[i]!]! > cut ? [starts[i]! + k] : [])),
    );
    return { buckets: Uint32Array.from(on), values: new Float32Array(on.length).fill(0.5) };
  };
  const words = ({ plainWords }: Prepared) => plainWords;
  const { bias, weights, lexicon } = trainBoth(rows, { measures, width, words, buckets: LEXICON_BUCKETS, decay: 10 });
  const gains = thresholds.map((cuts, i) => cuts.map((_, k) => round(weights[starts[i]! + k]! / 2)));
  return { model: { bias: round(bias), features: RULES_FEATURES, thresholds, gains }, lexicon };
}

function trainFlow(rows: readonly Prepared[]): Models['flow'] {
  const standard = standardOf(rows);
  const map = new WaveMap(WAVES, standard);
  const { bias, weights, lexicon } = trainBoth(rows, {
    measures: ({ dense }) => map.map(dense),
    width: map.size,
    words: ({ letters }) => letters,
    buckets: LETTER_BUCKETS,
    decay: 15,
  });
  return { model: quantize(bias, weights), lexicon, standard };
}

/** Shrinks the measures before a regression, which so leaves the more to the words. */
const MEASURES_SCALE = 0.3;

function trainDense(rows: readonly Prepared[], words: (row: Prepared) => Sparse): Models['tokens'] {
  const standard = standardOf(rows);
  const measures = ({ dense }: Prepared) => {
    const { buckets, values } = denseScores(dense, standard);
    return { buckets, values: values.map((value) => MEASURES_SCALE * value) };
  };
  const width = SKILL_FEATURES.length;
  const { bias, weights, lexicon } = trainBoth(rows, { measures, width, words, buckets: LEXICON_BUCKETS, decay: 3 });
  const restored = weights.map((weight) => MEASURES_SCALE * weight);
  return { model: quantize(bias, restored), lexicon, standard };
}

function trainProfile(rows: readonly Prepared[]): Models['profile'] {
  const examples = rows.map(({ dense, label, weight }) => ({ features: dense, label, weight }));
  const trees = trainTrees(examples, { rounds: 200, depth: 4, rate: 0.05, leafMin: 40, lambda: 3, columns: 0.3 });
  return { trees, ...trainDense(rows, ({ phrases }) => phrases) };
}

/** Attacks against honest good answers; what is bad anyway needs no suspicion. */
function trainGaming(rows: readonly Prepared[]) {
  const examples = rows
    .filter(({ answer }) => answer.good || isAttack(answer))
    .map(({ answer, plain }) => ({ features: plain, label: isAttack(answer) ? 1 : 0, weight: 1 }));
  return trainTrees(examples, { rounds: 100, depth: 4, leafMin: 20, lambda: 3, columns: 0.5 });
}

export const trainModels = (rows: readonly Prepared[]): Models => ({
  gaming: trainGaming(rows),
  rules: trainRules(rows),
  flow: trainFlow(rows),
  tokens: trainDense(rows, ({ words }) => words),
  profile: trainProfile(rows),
});

type Scores = Record<keyof Models, (row: Prepared) => number>;

/** What the assessors of the same names compute, from what is prepared. */
export function scoresBy({ gaming, rules, flow, tokens, profile }: Models): Scores {
  const [map, waves, letters] = [
    new WaveMap(WAVES, flow.standard),
    new LinearModel(flow.model),
    new LinearModel(flow.lexicon),
  ];
  const lexicon = new LinearModel(rules.lexicon);
  const [words, phrases] = [denseBy(tokens), denseBy(profile)];
  return {
    gaming: (row) => treeLogOdds(gaming, row.plain),
    rules: (row) => stepLogOdds(rules.model, row.plain) + lexicon.sum(row.plainWords),
    flow: (row) => waves.logOdds(map.map(row.dense)) + letters.sum(row.letters),
    tokens: (row) => words(row.dense, row.words),
    profile: (row) => (treeLogOdds(profile.trees, row.dense) + phrases(row.dense, row.phrases)) / 2,
  };
}

function denseBy({ model, lexicon, standard }: Models['tokens']): (dense: Float32Array, words: Sparse) => number {
  const [measures, hashed] = [new LinearModel(model), new LinearModel(lexicon)];
  return (dense, words) => measures.logOdds(denseScores(dense, standard)) + hashed.sum(words);
}
