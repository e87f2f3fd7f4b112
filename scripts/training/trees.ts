import type { TreeWeights } from '../../src/models/embedded/trees.ts';
import { generator } from './random.ts';

export interface DenseExample {
  features: Float32Array;
  label: number;
  weight: number;
}

type Row = [number, number, number, number];

/** Gradient-boosted trees for log-loss, exact greedy splits over at most 32 quantiles a feature. */
export function trainTrees(
  examples: readonly DenseExample[],
  { rounds = 120, depth = 3, rate = 0.08, leafMin = 12, lambda = 2, sample = 0.7, seed = 1 } = {},
): TreeWeights {
  const random = generator(seed);
  const cuts = cutsOf(examples);
  const positive = examples.reduce((sum, { label, weight }) => sum + label * weight, 0);
  const total = examples.reduce((sum, { weight }) => sum + weight, 0);
  const bias = Math.log(positive / (total - positive));
  const scores = new Float64Array(examples.length).fill(bias);
  const trees: Row[][] = [];
  for (let round = 0; round < rounds; round++) {
    const gradients = scores.map((score, i) => (examples[i]!.label - 1 / (1 + Math.exp(-score))) * examples[i]!.weight);
    const hessians = scores.map((score, i) => {
      const p = 1 / (1 + Math.exp(-score));
      return Math.max(1e-4, p * (1 - p)) * examples[i]!.weight;
    });
    const chosen = examples.map((_, i) => i).filter(() => random() < sample);
    const tree: Row[] = [];
    grow(tree, chosen, depth);
    trees.push(tree);
    for (let i = 0; i < scores.length; i++) scores[i]! += leaf(tree, examples[i]!.features);

    function grow(rows: Row[], members: number[], left: number): number {
      const at = rows.length;
      rows.push([-1, 0, 0, 0]);
      const split = left > 0 ? bestSplit(members) : null;
      if (split === null) {
        const [gradient, hessian] = sums(members);
        rows[at] = [-1, Number(((rate * gradient) / (hessian + lambda)).toPrecision(4)), 0, 0];
        return at;
      }
      const below = members.filter((i) => examples[i]!.features[split.feature]! <= split.cut);
      const above = members.filter((i) => examples[i]!.features[split.feature]! > split.cut);
      const [low, high] = [grow(rows, below, left - 1), grow(rows, above, left - 1)];
      rows[at] = [split.feature, split.cut, low, high];
      return at;
    }

    function sums(members: readonly number[]): [number, number] {
      return members.reduce(([g, h], i) => [g + gradients[i]!, h + hessians[i]!] as [number, number], [0, 0] as [
        number,
        number,
      ]);
    }

    function bestSplit(members: readonly number[]): { feature: number; cut: number } | null {
      const [allG, allH] = sums(members);
      let best: { feature: number; cut: number; gain: number } | null = null;
      for (let feature = 0; feature < cuts.length; feature++) {
        const edges = cuts[feature]!;
        if (edges.length === 0 || random() < 0.3) continue;
        const [g, h, n] = [
          new Float64Array(edges.length + 1),
          new Float64Array(edges.length + 1),
          new Uint32Array(edges.length + 1),
        ];
        for (const i of members) {
          const value = examples[i]!.features[feature]!;
          let bin = 0;
          while (bin < edges.length && value > edges[bin]!) bin++;
          g[bin]! += gradients[i]!;
          h[bin]! += hessians[i]!;
          n[bin]!++;
        }
        let [lowG, lowH, lowN] = [0, 0, 0];
        for (let bin = 0; bin < edges.length; bin++) {
          lowG += g[bin]!;
          lowH += h[bin]!;
          lowN += n[bin]!;
          if (lowN < leafMin || members.length - lowN < leafMin) continue;
          const gain =
            lowG ** 2 / (lowH + lambda) + (allG - lowG) ** 2 / (allH - lowH + lambda) - allG ** 2 / (allH + lambda);
          if (gain > (best?.gain ?? 1e-3)) best = { feature, cut: edges[bin]!, gain };
        }
      }
      return best;
    }
  }
  return { bias: Number(bias.toFixed(5)), trees };
}

function leaf(tree: readonly Row[], features: Float32Array): number {
  let node = tree[0]!;
  while (node[0] >= 0) node = tree[features[node[0]]! <= node[1] ? node[2] : node[3]]!;
  return node[1];
}

function cutsOf(examples: readonly DenseExample[]): number[][] {
  const width = examples[0]!.features.length;
  return Array.from({ length: width }, (_, feature) => {
    const values = examples.map((example) => example.features[feature]!).sort((a, b) => a - b);
    const edges = new Set<number>();
    for (let q = 1; q < 32; q++) edges.add(Number(values[Math.floor((values.length * q) / 32)]!.toPrecision(4)));
    return [...edges].filter((edge) => edge < values.at(-1)!).sort((a, b) => a - b);
  });
}
