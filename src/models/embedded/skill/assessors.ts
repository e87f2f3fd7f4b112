import { LinearModel, type LinearWeights } from '../linear.ts';
import { sigmoid } from '../logit.ts';
import { type TreeWeights, treeLogOdds } from '../trees.ts';
import { boundOf, FOREIGN_GOOD } from './bounds.ts';
import { calibrated, type SkillCalibration, sightsOf } from './calibration.ts';
import type { Rarity } from './coverage.ts';
import { skillFeatures } from './features.ts';
import { WaveMap, type WaveSettings } from './fourier.ts';
import { type Lexical, letterFeatures, phraseFeatures, wordFeatures } from './lexicon.ts';
import { plainRarity, type RarityWeights, tableRarity } from './rarity.ts';
import { type Measures, measure, type Reading, readFor } from './reading.ts';
import { type Standard, standardScores } from './standard.ts';
import { type StepWeights, stepLogOdds } from './steps.ts';

/** What one assessor thinks: the probability that each requirement is met, and that the whole is to be approved. */
export interface SkillOpinion {
  met: number[];
  probabilityGood: number;
}

export type Assess = (reading: Reading) => SkillOpinion;

export interface RulesWeights {
  model: StepWeights;
  lexicon: LinearWeights;
  calibration: SkillCalibration;
}

export interface FlowWeights {
  model: LinearWeights;
  waves: WaveSettings;
  lexicon: LinearWeights;
  standard: Standard;
  rarity: RarityWeights;
  calibration: SkillCalibration;
}

export interface TokensWeights {
  model: LinearWeights;
  lexicon: LinearWeights;
  standard: Standard;
  rarity: RarityWeights;
  calibration: SkillCalibration;
}

export interface ProfileWeights {
  trees: TreeWeights;
  model: LinearWeights;
  lexicon: LinearWeights;
  standard: Standard;
  rarity: RarityWeights;
  calibration: SkillCalibration;
}

/** Tells submissions made to score from honest ones: trees over the measures, and the log-odds from which one is suspect. */
export interface GamingWeights {
  model: TreeWeights;
  suspectFrom: number;
}

/** A suspect submission is not surely good, whatever a model says of it. */
const SUSPECT_GOOD = 0.6;
/** From these log-odds on a submission is rather bad than good: hardly an honest answer looks so. */
const PLAIN_FROM = 3;
const PLAIN_GOOD = 0.35;

/** Bounds what an assessor thinks of submissions that look made to score, or that miss or deny what is asked. */
export function wary(assess: Assess, gaming: GamingWeights): Assess {
  return (reading) => {
    const opinion = assess(reading);
    if (opinion.probabilityGood <= FOREIGN_GOOD) return opinion;
    const most = Math.min(boundOf(reading), suspicionBound(reading, gaming));
    return { ...opinion, probabilityGood: Math.min(most, opinion.probabilityGood) };
  };
}

function suspicionBound(reading: Reading, { model, suspectFrom }: GamingWeights): number {
  const suspicion = treeLogOdds(model, skillFeatures(reading, measure(reading, plainRarity)));
  return suspicion >= PLAIN_FROM ? PLAIN_GOOD : suspicion >= suspectFrom ? SUSPECT_GOOD : 1;
}

/** Log-odds that a reading is good, before calibration. */
type Score = (reading: Reading, measures: Measures) => number;

function assessor(score: Score, rarity: Rarity, calibration: SkillCalibration): Assess {
  const probability = (reading: Reading) =>
    sigmoid(calibrated(calibration, score(reading, measure(reading, rarity)), sightsOf(reading)));
  const metBy = (reading: Reading) => Math.min(boundOf(reading), probability(reading));
  return (reading) => ({
    met: reading.requirements.each.map((_, i) => metBy(readFor(reading, i, rarity))),
    probabilityGood: probability(reading),
  });
}

/** What a reading's hashed words add to the log-odds. */
function lexiconScore(weights: LinearWeights, features: Lexical): Score {
  const lexicon = new LinearModel(weights);
  return (reading, measures) => lexicon.sum(features(reading, measures, lexicon.buckets));
}

/** A regression over the measures and over hashed words. */
function denseScore(weights: LinearWeights, standard: Standard, words: Score): Score {
  const dense = new LinearModel(weights);
  return (reading, measures) =>
    dense.logOdds(denseScores(skillFeatures(reading, measures), standard)) + words(reading, measures);
}

/** A staircase for each measure, and words in place of others: all of them add up. */
export function rulesAssessor({ model, lexicon, calibration }: RulesWeights): Assess {
  const words = lexiconScore(lexicon, wordFeatures);
  const score: Score = (reading, measures) =>
    stepLogOdds(model, skillFeatures(reading, measures)) + words(reading, measures);
  return assessor(score, plainRarity, calibration);
}

/** A smooth kernel machine over the measures, and the letters of words. */
export function flowAssessor({ model, waves, lexicon, standard, rarity, calibration }: FlowWeights): Assess {
  const [map, linear] = [new WaveMap(waves, standard), new LinearModel(model)];
  const letters = lexiconScore(lexicon, letterFeatures);
  const score: Score = (reading, measures) =>
    linear.logOdds(map.map(skillFeatures(reading, measures))) + letters(reading, measures);
  return assessor(score, tableRarity(rarity), calibration);
}

/** A logistic regression over the measures and over which words stand in place of which. */
export function tokensAssessor({ model, lexicon, standard, rarity, calibration }: TokensWeights): Assess {
  const score = denseScore(model, standard, lexiconScore(lexicon, wordFeatures));
  return assessor(score, tableRarity(rarity), calibration);
}

/** Boosted trees over all measures together, and a regression over phrases: the mean of both. */
export function profileAssessor(weights: ProfileWeights): Assess {
  const { trees, model, lexicon, standard, rarity, calibration } = weights;
  const phrases = denseScore(model, standard, lexiconScore(lexicon, phraseFeatures));
  const score: Score = (reading, measures) =>
    (treeLogOdds(trees, skillFeatures(reading, measures)) + phrases(reading, measures)) / 2;
  return assessor(score, tableRarity(rarity), calibration);
}

/** Standard scores as a vector for a linear model. */
export function denseScores(features: ArrayLike<number>, standard: Standard) {
  const values = standardScores(features, standard);
  return { buckets: Uint32Array.from(values.keys()), values };
}
