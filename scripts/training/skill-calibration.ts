import type { SkillCalibration } from '../../src/models/embedded/skill/calibration.ts';
import type { Answer } from './answers.ts';

interface Sighted {
  answer: Answer;
  label: number;
  sights: readonly number[];
}

/** Keeps what is learned of the sights small: there are few questions of each size. */
const DECAY = [0.5, 1e-3, 20, 20, 20];
const STEPS = 30;

/**
 * Logistic regression of the label on held-out log-odds and sights, by Newton's method. On real answers only: made-up
 * ones are easy and would feign confidence.
 */
export function fitCalibration(rows: readonly Sighted[], scores: readonly number[]): SkillCalibration {
  const real = [...rows.keys()].filter((i) => rows[i]!.answer.attack === undefined);
  const inputs = real.map((i) => [scores[i]!, 1, ...rows[i]!.sights]);
  const labels = real.map((i) => rows[i]!.label);
  const start = [1, 0, 0, 0, 0];
  let weights = [...start];
  for (let step = 0; step < STEPS; step++) {
    const gradient = weights.map((weight, k) => DECAY[k]! * (start[k]! - weight));
    const curvature = weights.map((_, k) => weights.map((_, l) => (k === l ? DECAY[k]! : 0)));
    inputs.forEach((input, row) => {
      const p = 1 / (1 + Math.exp(-input.reduce((sum, value, k) => sum + value * weights[k]!, 0)));
      const h = Math.max(1e-6, p * (1 - p));
      input.forEach((value, k) => {
        gradient[k]! += (labels[row]! - p) * value;
        for (let l = 0; l < input.length; l++) curvature[k]![l]! += h * value * input[l]!;
      });
    });
    const change = solve(curvature, gradient);
    weights = weights.map((weight, k) => weight + change[k]!);
  }
  const [slope, offset, ...sights] = weights.map((weight) => Number(weight.toFixed(4)));
  return { slope: slope!, offset: offset!, sights };
}

/** Solves a small symmetric system by Gaussian elimination. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  for (let k = 0; k < rows.length; k++) {
    for (let i = 0; i < rows.length; i++) {
      if (i === k) continue;
      const factor = rows[i]![k]! / rows[k]![k]!;
      rows[i] = rows[i]!.map((value, j) => value - factor * rows[k]![j]!);
    }
  }
  return rows.map((row, k) => row.at(-1)! / row[k]!);
}
