import { shuffled } from '../../src/models/random.ts';

export { generator, shuffled } from '../../src/models/random.ts';

/** Folds by group: no repository or question stands in two. */
export function foldsOf(groups: readonly string[], folds: number, random: () => number): number[] {
  const byGroup = new Map(shuffled([...new Set(groups)], random).map((group, i) => [group, i % folds]));
  return groups.map((group) => byGroup.get(group)!);
}
