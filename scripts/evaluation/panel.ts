import { aggregate } from '../../src/consensus/aggregate.ts';
import { sealJudgement } from '../../src/engine/seal.ts';
import { toHex } from '../../src/protocol/bytes.ts';
import { type Committee, createCommittee } from '../../src/protocol/committee.ts';
import { createSigner } from '../../src/protocol/ed25519.ts';
import { DEVNET_TIMERS, GENESIS_FORMAT, parseGenesis } from '../../src/protocol/genesis.ts';
import type { Judgement } from '../../src/protocol/judgement.ts';
import type { Outcome } from '../../src/protocol/value.ts';
import { balanceOf, type Scored } from './measures.ts';

/** Any time: no figure depends on it. */
const CREATED_AT_SECONDS = 1_700_000_000;

/** A committee of validators of weight 1 under the default rules: confidence 0.8, threshold 0.7, two of them required. */
export function defaultCommittee(validators: number): Committee {
  const seeds = Array.from({ length: validators }, (_, index) => new Uint8Array(32).fill(index + 1));
  const genesis = parseGenesis({
    format: GENESIS_FORMAT,
    name: 'evaluation',
    kind: 'devnet',
    createdAt: CREATED_AT_SECONDS,
    validators: seeds.map((seed) => ({ publicKey: toHex(createSigner(seed).publicKey), weight: 1 })),
    validation: { minConfidence: '0.8', requiredValidators: 2, consensusThreshold: '0.7', minModelFamilies: 1 },
    timers: DEVNET_TIMERS,
  });
  return createCommittee(genesis);
}

/** What the network decides when every validator has revealed: the judgements as they are signed, through its own rule. */
export function outcomeOf(committee: Committee, judgements: readonly Judgement[]): Outcome {
  const reveals = judgements.map((judgement, index) => ({
    index,
    result: sealJudgement(judgement, CREATED_AT_SECONDS).result,
    salt: '0'.repeat(64),
  }));
  return aggregate(committee, reveals).outcome;
}

/** Bounds of one member's log-odds: nobody is ever certain. */
const BADNESS_MIN = 0.02;

function logOddsOf(badness: number): number {
  const bounded = Math.min(1 - BADNESS_MIN, Math.max(BADNESS_MIN, badness));
  return Math.log(bounded / (1 - bounded));
}

const sigmoid = (logOdds: number) => 1 / (1 + Math.exp(-logOdds));

/** The panel as one judge: the mean of its members' log-odds, where an abstention adds nothing either way. */
export function panelBadness(members: readonly number[]): number {
  return sigmoid(members.map(logOddsOf).reduce((sum, odds) => sum + odds, 0) / members.length);
}

const STEPS = 400;
const RATE = 0.5;
/** Draws the weights towards those of the plain mean: four judges that err alike do not pin them down. */
const PRIOR_STRENGTH = 0.02;

/**
 * The panel with a weight for each member's log-odds and an offset, fitted on the rows of the other folds.
 * @param members badness of every member on every row
 */
export function weightedByHistory(
  rows: readonly Scored['row'][],
  members: readonly (readonly number[])[],
  folds: readonly number[],
): Scored[] {
  const inputs = rows.map((_, i) => [...members.map((badness) => logOddsOf(badness[i]!)), 1]);
  const fitted = new Map([...new Set(folds)].map((fold) => [fold, weightsOn(rows, inputs, (i) => folds[i] !== fold)]));
  return rows.map((row, i) => ({ row, badness: sigmoid(dot(fitted.get(folds[i]!)!, inputs[i]!)) }));
}

/** Logistic regression by gradient descent. */
function weightsOn(rows: readonly Scored['row'][], inputs: readonly number[][], use: (i: number) => boolean): number[] {
  const used = rows.map((_, i) => i).filter(use);
  const width = inputs[0]!.length;
  const start = Array.from({ length: width }, (_, at) => (at < width - 1 ? 1 / (width - 1) : 0));
  const weights = [...start];
  for (let step = 0; step < STEPS; step++) {
    const slope = weights.map((weight, at) => PRIOR_STRENGTH * (start[at]! - weight));
    for (const i of used) {
      const error = (rows[i]!.bad ? 1 : 0) - sigmoid(dot(weights, inputs[i]!));
      for (let at = 0; at < width; at++) slope[at]! += (error * inputs[i]![at]!) / used.length;
    }
    for (let at = 0; at < width; at++) weights[at]! += RATE * slope[at]!;
  }
  return weights;
}

function dot(weights: readonly number[], inputs: readonly number[]): number {
  return weights.reduce((sum, weight, at) => sum + weight * inputs[at]!, 0);
}

/** For every fold, the position of the member that did best on the rows of the other folds. */
export function bestOnHistory(members: readonly (readonly Scored[])[], folds: readonly number[]): Map<number, number> {
  const best = (fold: number) => {
    const quality = members.map((scored) => balanceOf(scored.filter((_, i) => folds[i] !== fold)));
    return quality.indexOf(Math.max(...quality));
  };
  return new Map([...new Set(folds)].map((fold) => [fold, best(fold)]));
}

/** How alike two members err: the correlation of their errors, and the share of rows on which they say the same. */
export function likeness(a: readonly Scored[], b: readonly Scored[]): { correlation: number; agreement: number } {
  const [x, y] = [a.map(errorOf), b.map(errorOf)];
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const covariance = mean(x.map((value, i) => (value - mx) * (y[i]! - my)));
  const spread = (values: readonly number[], middle: number) => Math.sqrt(mean(values.map((v) => (v - middle) ** 2)));
  const same = a.filter((scored, i) => Math.sign(scored.badness - 0.5) === Math.sign(b[i]!.badness - 0.5)).length;
  return { correlation: covariance / (spread(x, mx) * spread(y, my)), agreement: same / a.length };
}

function errorOf({ row, badness }: Scored): number {
  if (badness === 0.5) return 0.5;
  return badness > 0.5 === row.bad ? 0 : 1;
}
