/** One observation of an ability: whether a task of a level was met, and with what probability that is so. */
export interface Observation {
  level: number;
  /** Probability that the level was met, 0 to 1; 0.5 says nothing. */
  met: number;
}

/** What is believed about an ability after the observations. */
export interface Ability {
  /** On the scale of levels. */
  mean: number;
  deviation: number;
  /** Probability to meet a task of this level. */
  meets(level: number): number;
  /** How much of the doubt before any observation is gone, 0 to 1. */
  known: number;
}

export interface AbilityScale {
  /** Where a subject of whom nothing is known is believed to stand: a little below the entry level. */
  entry: number;
  /** One step of difficulty, in levels; the slope of the response curve and the doubt at the start follow from it. */
  step: number;
}

/** Far enough beyond every level that what is cut off weighs nothing. */
const STEPS_BEYOND = 12;
const POINTS_A_STEP = 8;
const PRIOR_STEPS = 3;
/** How sharply the chance falls around the ability; 1.7 makes the logistic curve as steep as the normal one. */
const SLOPE = 1.7;

/**
 * Estimates an ability by item response theory: a task is met with the logistic probability of (ability - level) in
 * steps (Rasch 1960), beliefs are held on a grid, and every observation counts by how likely it is right. Deterministic.
 */
export function estimateAbility(observations: readonly Observation[], { entry, step }: AbilityScale): Ability {
  const levels = [entry, ...observations.map(({ level }) => level)];
  const from = Math.min(...levels) - STEPS_BEYOND * step;
  const count = Math.ceil((Math.max(...levels) + STEPS_BEYOND * step - from) / (step / POINTS_A_STEP)) + 1;
  const grid = Array.from({ length: count }, (_, at) => from + (at * step) / POINTS_A_STEP);
  const prior = normalized(grid.map((ability) => -(((ability - entry) / (PRIOR_STEPS * step)) ** 2) / 2));
  const belief = normalized(
    grid.map((ability, at) => {
      const seen = observations.map(({ level, met }) => {
        const chance = logistic((SLOPE * (ability - level)) / step);
        return Math.log(met * chance + (1 - met) * (1 - chance));
      });
      return Math.log(prior[at]!) + seen.reduce((sum, log) => sum + log, 0);
    }),
  );
  const { mean, deviation } = momentsOf(grid, belief);
  const known = Math.max(0, 1 - deviation / momentsOf(grid, prior).deviation);
  const meets = (level: number) =>
    grid.reduce((sum, ability, at) => sum + belief[at]! * logistic((SLOPE * (ability - level)) / step), 0);
  return { mean, deviation, known, meets };
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** Probabilities of logarithms, shifted so that none overflows. */
function normalized(logs: readonly number[]): number[] {
  const most = Math.max(...logs);
  const weights = logs.map((log) => Math.exp(log - most));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function momentsOf(grid: readonly number[], belief: readonly number[]): { mean: number; deviation: number } {
  const mean = grid.reduce((sum, ability, at) => sum + ability * belief[at]!, 0);
  const variance = grid.reduce((sum, ability, at) => sum + belief[at]! * (ability - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(variance) };
}
