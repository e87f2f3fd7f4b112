import { askedWords } from './text.ts';

/** Share of common stems from which two requirements say the same in other words. */
const SAME_FROM = 0.5;
/** Beyond this many requirements each stands for itself: comparing pairs would cost too much. */
const COMPARED_MAX = 64;

/**
 * Groups requirements that paraphrase each other: meeting one of a group meets the group. Indices into the list.
 */
export function alternativesOf(requirements: readonly string[]): number[][] {
  if (requirements.length > COMPARED_MAX) return requirements.map((_, i) => [i]);
  const stems = requirements.map((requirement) => new Set(askedWords(requirement).map((word) => word.stem)));
  const groups: number[][] = [];
  stems.forEach((own, i) => {
    const group = groups.find((members) => members.some((member) => overlap(own, stems[member]!) >= SAME_FROM));
    if (group === undefined) groups.push([i]);
    else group.push(i);
  });
  return groups;
}

function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const common = [...a].filter((stem) => b.has(stem)).length;
  return common / Math.max(1, a.size + b.size - common);
}
