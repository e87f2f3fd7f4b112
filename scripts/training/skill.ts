import { hash32, joined, type Sparse } from '../../src/models/embedded/hashing.ts';
import { LinearModel, type LinearWeights } from '../../src/models/embedded/linear.ts';
import {
  denseScores,
  type FlowWeights,
  type GamingWeights,
  type ProfileWeights,
  type RulesWeights,
  type TokensWeights,
} from '../../src/models/embedded/skill/assessors.ts';
import { calibrated, sightsOf } from '../../src/models/embedded/skill/calibration.ts';
import type { Rarity } from '../../src/models/embedded/skill/coverage.ts';
import { SKILL_FEATURES, skillFeatures } from '../../src/models/embedded/skill/features.ts';
import { WaveMap } from '../../src/models/embedded/skill/fourier.ts';
import { lexicalFeatures } from '../../src/models/embedded/skill/lexicon.ts';
import { prepareRequirement } from '../../src/models/embedded/skill/prepared.ts';
import { plainRarity, type RarityWeights, tableRarity } from '../../src/models/embedded/skill/rarity.ts';
import { measure, type Requirements, read, readRequirements } from '../../src/models/embedded/skill/reading.ts';
import type { Standard } from '../../src/models/embedded/skill/standard.ts';
import { type StepWeights, stepLogOdds } from '../../src/models/embedded/skill/steps.ts';
import { wordsOf } from '../../src/models/embedded/skill/text.ts';
import { treeLogOdds } from '../../src/models/embedded/trees.ts';
import { type Answer, answersOf, isAttack } from './answers.ts';
import type { SkillRow } from './data.ts';
import { quantize, trainLinear } from './linear.ts';
import { foldsOf, generator } from './random.ts';
import { fitCalibration } from './skill-calibration.ts';
import { trainTrees } from './trees.ts';

const FOLDS = 3;
/** Log-odds of the network's default confidence. */
const SURE = Math.log(0.8 / 0.2);
const SEED = 7;
/** Size of the hashed tables, in int8 weights. */
const RARITY_BUCKETS = 1 << 13;
const LEXICON_BUCKETS = 1 << 16;
const WAVES = { seed: 9, waves: 256, frequency: 0.06 };

/** An answer with all that the models learn from, computed once. */
interface Prepared {
  answer: Answer;
  label: number;
  weight: number;
  plain: Float32Array;
  dense: Float32Array;
  lexical: Sparse;
  sights: number[];
}

interface Models {
  gaming: ReturnType<typeof trainTrees>;
  rules: StepWeights;
  flow: { model: LinearWeights; standard: Standard };
  tokens: { model: LinearWeights; lexicon: LinearWeights; standard: Standard };
  profile: ReturnType<typeof trainTrees>;
}

const round = (value: number) => Number(value.toPrecision(5));

/** Weights of words by the share of answers that hold them, hashed; frequent words keep their bucket for themselves. */
export function rarityTable(rows: readonly SkillRow[]): RarityWeights {
  const counts = new Map<string, number>();
  for (const { content } of rows)
    for (const stem of new Set(wordsOf(content).map((word) => word.stem)))
      counts.set(stem, (counts.get(stem) ?? 0) + 1);
  const scale = Math.log(1 + rows.length) / 5 / 127;
  const bytes = new Int8Array(RARITY_BUCKETS).fill(127);
  for (const [stem, count] of counts) {
    const weight = Math.round(Math.log(1 + rows.length / (1 + count)) / 5 / scale);
    const bucket = hash32(stem) % RARITY_BUCKETS;
    if (count >= 5) bytes[bucket] = Math.min(bytes[bucket]!, weight);
  }
  return { buckets: RARITY_BUCKETS, scale: round(scale), weights: Buffer.from(bytes.buffer).toString('base64') };
}

function preparedAnswers(answers: readonly Answer[], rarity: Rarity): Prepared[] {
  const known = new Map<string, Requirements>();
  const requirementsOf = (texts: readonly string[]) => {
    const key = texts.join('\n');
    const requirements = known.get(key) ?? readRequirements(texts.map(prepareRequirement));
    known.set(key, requirements);
    return requirements;
  };
  return answers.map((answer) => {
    const reading = read(answer.content, requirementsOf(answer.requirements));
    const measures = measure(reading, rarity);
    return {
      answer,
      label: answer.good ? 1 : 0,
      weight: answer.weight,
      plain: skillFeatures(reading, measure(reading, plainRarity)),
      dense: skillFeatures(reading, measures),
      lexical: lexicalFeatures(reading, measures, LEXICON_BUCKETS),
      sights: sightsOf(reading),
    };
  });
}

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

const STEPS = 8;

function trainRules(rows: readonly Prepared[]): StepWeights {
  const thresholds = RULES_FEATURES.map((feature) => {
    const values = rows.map(({ plain }) => plain[feature]!).sort((a, b) => a - b);
    const cuts = Array.from({ length: STEPS }, (_, k) =>
      Number(values[Math.floor((values.length * (k + 0.5)) / STEPS)]!.toPrecision(3)),
    );
    return [...new Set(cuts)];
  });
  const starts = thresholds.map((_, i) => thresholds.slice(0, i).reduce((sum, cuts) => sum + cuts.length, 0));
  const size = thresholds.reduce((sum, cuts) => sum + cuts.length, 0);
  const examples = rows.map(({ plain, label, weight }) => {
    const on = thresholds.flatMap((cuts, i) =>
      cuts.flatMap((cut, k) => (plain[RULES_FEATURES[i]!]! > cut ? [starts[i]! + k] : [])),
    );
    return {
      features: { buckets: Uint32Array.from(on), values: new Float32Array(on.length).fill(0.5) },
      label,
      weight,
    };
  });
  const { bias, weights } = trainLinear(examples, size, { epochs: 8, rate: 0.05, decay: 1e-3 });
  const gains = thresholds.map((cuts, i) => cuts.map((_, k) => round(weights[starts[i]! + k]! / 2)));
  return { bias: round(bias), features: RULES_FEATURES, thresholds, gains };
}

function trainFlow(rows: readonly Prepared[]): Models['flow'] {
  const standard = standardOf(rows);
  const map = new WaveMap(WAVES, standard);
  const examples = rows.map(({ dense, label, weight }) => ({ features: map.map(dense), label, weight }));
  const { bias, weights } = trainLinear(examples, map.size, { epochs: 8, rate: 0.05, decay: 1e-4 });
  return { model: quantize(bias, weights), standard };
}

/** The measures and the hashed words in one regression, so that neither tells again what the other told. */
function trainTokens(rows: readonly Prepared[]): Models['tokens'] {
  const standard = standardOf(rows);
  const width = SKILL_FEATURES.length;
  const examples = rows.map(({ dense, lexical, label, weight }) => {
    const words = { ...lexical, buckets: lexical.buckets.map((bucket) => bucket + width) };
    return { features: joined([denseScores(dense, standard), words]), label, weight };
  });
  const { bias, weights } = trainLinear(examples, width + LEXICON_BUCKETS, { epochs: 8, rate: 0.1, decay: 1e-3 });
  return { model: quantize(bias, weights.slice(0, width)), lexicon: quantize(0, weights.slice(width)), standard };
}

function trainProfile(rows: readonly Prepared[]) {
  const examples = rows.map(({ dense, label, weight }) => ({ features: dense, label, weight }));
  return trainTrees(examples, { rounds: 150, depth: 4, leafMin: 20, lambda: 3, columns: 0.5 });
}

/** Attacks against honest good answers; what is bad anyway needs no suspicion. */
function trainGaming(rows: readonly Prepared[]) {
  const examples = rows
    .filter(({ answer }) => answer.good || isAttack(answer))
    .map(({ answer, plain }) => ({ features: plain, label: isAttack(answer) ? 1 : 0, weight: 1 }));
  return trainTrees(examples, { rounds: 100, depth: 4, leafMin: 20, lambda: 3, columns: 0.5 });
}

const trainModels = (rows: readonly Prepared[]): Models => ({
  gaming: trainGaming(rows),
  rules: trainRules(rows),
  flow: trainFlow(rows),
  tokens: trainTokens(rows),
  profile: trainProfile(rows),
});

type Scores = Record<keyof Models, (row: Prepared) => number>;

function scoresBy({ gaming, rules, flow, tokens, profile }: Models): Scores {
  const [map, wave] = [new WaveMap(WAVES, flow.standard), new LinearModel(flow.model)];
  const [dense, lexicon] = [new LinearModel(tokens.model), new LinearModel(tokens.lexicon)];
  return {
    gaming: (row) => treeLogOdds(gaming, row.plain),
    rules: (row) => stepLogOdds(rules, row.plain),
    flow: (row) => wave.logOdds(map.map(row.dense)),
    tokens: (row) => dense.logOdds(denseScores(row.dense, tokens.standard)) + lexicon.sum(row.lexical),
    profile: (row) => treeLogOdds(profile, row.dense),
  };
}

const ASSESSORS = ['rules', 'flow', 'tokens', 'profile'] as const;
const NAMES = ['gaming', ...ASSESSORS] as const;

/** Log-odds of every row by models that saw no answer to its question. */
function heldOutScores(rows: readonly Prepared[]): Record<keyof Models, number[]> {
  const fold = foldsOf(
    rows.map(({ answer }) => answer.group),
    FOLDS,
    generator(SEED),
  );
  const scores = { gaming: [], rules: [], flow: [], tokens: [], profile: [] } as Record<keyof Models, number[]>;
  for (let f = 0; f < FOLDS; f++) {
    const by = scoresBy(trainModels(rows.filter((_, i) => fold[i] !== f)));
    rows.forEach((row, i) => {
      if (fold[i] === f) for (const name of NAMES) scores[name][i] = by[name](row);
    });
  }
  return scores;
}

/** Of no kind of attack may more than this share be surely approved by an assessor, on held-out questions. */
const PASSED_MAX = 0.035;

/** The highest suspicion from which every kind of attack is caught often enough: a lower one would suspect more honest answers. */
function suspectFrom(rows: readonly Prepared[], suspicion: readonly number[], approved: readonly boolean[][]): number {
  const kinds = Map.groupBy(
    [...rows.keys()].filter((i) => isAttack(rows[i]!.answer)),
    (i) => rows[i]!.answer.attack,
  );
  const bounds = [...kinds.values()].flatMap((members) =>
    approved.map((of) => {
      const passing = members.filter((i) => of[i]).map((i) => suspicion[i]!);
      const allowed = Math.floor(PASSED_MAX * members.length);
      return passing.sort((a, b) => a - b)[allowed] ?? Number.POSITIVE_INFINITY;
    }),
  );
  return round(Math.min(SUSPECT_MAX, ...bounds));
}

/** Surer than even odds of an attack is suspect in any case. */
const SUSPECT_MAX = 0;

/** The weight files of the skill assessors by name. */
export type SkillWeights = {
  'skill-gaming': GamingWeights;
  'skill-rules': RulesWeights;
  'skill-flow': FlowWeights;
  'skill-tokens': TokensWeights;
  'skill-profile': ProfileWeights;
};

/** Trains all assessors with their calibrations from these rows alone; takes about a minute for ten thousand. */
export function trainSkill(rows: readonly SkillRow[]): SkillWeights {
  const rarity = rarityTable(rows);
  const prepared = preparedAnswers(answersOf(rows), tableRarity(rarity));
  const scores = heldOutScores(prepared);
  const calibrations = ASSESSORS.map((name) => fitCalibration(prepared, scores[name]));
  const calibration = (name: (typeof ASSESSORS)[number]) => calibrations[ASSESSORS.indexOf(name)]!;
  const approved = ASSESSORS.map((name) =>
    prepared.map(({ sights }, i) => calibrated(calibration(name), scores[name][i]!, sights) >= SURE),
  );
  const { gaming, rules, flow, tokens, profile } = trainModels(prepared);
  return {
    'skill-gaming': { model: gaming, suspectFrom: suspectFrom(prepared, scores.gaming, approved) },
    'skill-rules': { model: rules, calibration: calibration('rules') },
    'skill-flow': { ...flow, waves: WAVES, rarity, calibration: calibration('flow') },
    'skill-tokens': { ...tokens, rarity, calibration: calibration('tokens') },
    'skill-profile': { model: profile, rarity, calibration: calibration('profile') },
  };
}
