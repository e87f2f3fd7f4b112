import type { PreparedRequirement } from './prepared.ts';

/** Share of common stems from which two requirements say the same in other words. */
const SAME_FROM = 0.5;
/** Beyond this many requirements each stands for itself: comparing pairs would cost too much. */
const COMPARED_MAX = 64;

/** How much a list of requirements repeats itself: mean and most common stems of two, from 0 to 1. */
export interface Overlap {
  mean: number;
  most: number;
}

/**
 * Groups requirements that paraphrase each other: meeting one of a group meets the group. Indices into the list.
 */
export function alternativesOf(requirements: readonly PreparedRequirement[]): number[][] {
  if (requirements.length > COMPARED_MAX) return requirements.map((_, i) => [i]);
  const stems = requirements.map(stemsOf);
  const groups: number[][] = [];
  stems.forEach((own, i) => {
    const group = groups.find((members) => members.some((member) => overlap(own, stems[member]!) >= SAME_FROM));
    if (group === undefined) groups.push([i]);
    else group.push(i);
  });
  return groups;
}

/** A single requirement repeats itself fully. */
export function overlapOf(requirements: readonly PreparedRequirement[]): Overlap {
  const stems = requirements.slice(0, COMPARED_MAX).map(stemsOf);
  const shares = stems.flatMap((own, i) => stems.slice(i + 1).map((other) => overlap(own, other)));
  if (shares.length === 0) return { mean: 1, most: 1 };
  return { mean: shares.reduce((sum, share) => sum + share, 0) / shares.length, most: Math.max(...shares) };
}

const stemsOf = ({ asked }: PreparedRequirement) => new Set(asked.map(({ stem }) => stem));

function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const common = [...a].filter((stem) => b.has(stem)).length;
  return common / Math.max(1, a.size + b.size - common);
}
