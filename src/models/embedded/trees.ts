/** Boosted regression trees as stored: each tree is rows of [feature, threshold, left, right] or [-1, value, 0, 0]. */
export interface TreeWeights {
  bias: number;
  trees: readonly (readonly (readonly number[])[])[];
}

/** Log-odds of dense features by the sum of all trees. A missing feature counts as 0. */
export function treeLogOdds({ bias, trees }: TreeWeights, features: ArrayLike<number>): number {
  return trees.reduce((sum, tree) => sum + leafOf(tree, features), bias);
}

function leafOf(tree: TreeWeights['trees'][number], features: ArrayLike<number>): number {
  let [feature, value, left, right] = tree[0] as Row;
  // A tree of N rows ends after N steps; the bound holds also for damaged weights.
  for (let steps = 0; feature >= 0 && steps < tree.length; steps++) {
    [feature, value, left, right] = tree[(features[feature] ?? 0) <= value ? left : right] as Row;
  }
  return value;
}

type Row = [number, number, number, number];
