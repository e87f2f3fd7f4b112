/** A vote of a model family on one task: from -1, all of its validators reject, to 1, all approve. */
export type FamilyVotes = ReadonlyMap<string, number>;

/** Tasks on which two families both gave a verdict, below which their agreement says nothing: with 30 the standard error of a correlation near 0 is about 0.2. */
export const JOINT_TASKS_MIN = 30;

/**
 * As how many independent judges the families voted: the participation ratio of the correlation matrix C of their
 * votes, (sum of eigenvalues)^2 / (sum of squared eigenvalues), which is k^2 / (sum of all C_ij^2) for k families;
 * the measure of effective dimension that random-matrix physics and neuroscience use. From 1, all vote alike, to k.
 * It is a lower bound of independence: models that are all right agree as much as models that are all wrong.
 * @returns undefined where some pair has too few tasks in common, or a family always votes the same
 */
export function effectiveFamilies(votes: readonly FamilyVotes[]): number | undefined {
  const families = [...new Set(votes.flatMap((task) => [...task.keys()]))].sort();
  if (families.length < 2) return families.length === 1 ? 1 : undefined;
  let squares = families.length;
  for (const [at, one] of families.entries()) {
    for (const other of families.slice(at + 1)) {
      const correlation = correlationOf(votes, one, other);
      if (correlation === undefined) return undefined;
      squares += 2 * correlation ** 2;
    }
  }
  return families.length ** 2 / squares;
}

/** Pearson's, over the tasks on which both voted. */
function correlationOf(votes: readonly FamilyVotes[], one: string, other: string): number | undefined {
  const pairs = votes.flatMap((task) => {
    const [x, y] = [task.get(one), task.get(other)];
    return x === undefined || y === undefined ? [] : [{ x, y }];
  });
  if (pairs.length < JOINT_TASKS_MIN) return undefined;
  const meanX = pairs.reduce((sum, { x }) => sum + x, 0) / pairs.length;
  const meanY = pairs.reduce((sum, { y }) => sum + y, 0) / pairs.length;
  let [xx, yy, xy] = [0, 0, 0];
  for (const { x, y } of pairs) {
    xx += (x - meanX) ** 2;
    yy += (y - meanY) ** 2;
    xy += (x - meanX) * (y - meanY);
  }
  return xx === 0 || yy === 0 ? undefined : xy / Math.sqrt(xx * yy);
}
