import type { TreeWeights } from '../../src/models/embedded/trees.ts';
import { generator } from './random.ts';

export interface DenseExample {
  features: Float32Array;
  label: number;
  weight: number;
}

export interface TreeOptions {
  rounds: number;
  depth: number;
  /** Share of each tree that is added. */
  rate: number;
  /** Fewest examples in a leaf. */
  leafMin: number;
  /** Keeps leaves of few or light examples small. */
  lambda: number;
  /** Share of the examples that a tree sees. */
  sample: number;
  /** Share of the features that a split may choose from. */
  columns: number;
  seed: number;
}

const OPTIONS: TreeOptions = {
  rounds: 120,
  depth: 3,
  rate: 0.08,
  leafMin: 12,
  lambda: 2,
  sample: 0.7,
  columns: 0.7,
  seed: 1,
};
/** Bins of a feature: enough for small counts and shares, and one byte an example. */
const BINS = 32;

type Row = [number, number, number, number];

/** Gradient-boosted trees for log-loss, greedy splits between the quantiles of each feature. */
export function trainTrees(examples: readonly DenseExample[], options: Partial<TreeOptions> = {}): TreeWeights {
  const settings = { ...OPTIONS, ...options };
  const random = generator(settings.seed);
  const table = new BinnedTable(examples);
  const positive = examples.reduce((sum, { label, weight }) => sum + label * weight, 0);
  const total = examples.reduce((sum, { weight }) => sum + weight, 0);
  const bias = Math.log(positive / (total - positive));
  const scores = new Float64Array(examples.length).fill(bias);
  const trees: Row[][] = [];
  for (let round = 0; round < settings.rounds; round++) {
    examples.forEach(({ label, weight }, i) => {
      const p = 1 / (1 + Math.exp(-scores[i]!));
      table.gradients[i] = (label - p) * weight;
      table.hessians[i] = Math.max(1e-4, p * (1 - p)) * weight;
    });
    const tree: Row[] = [];
    const members = Uint32Array.from(examples.keys()).filter(() => random() < settings.sample);
    new Grower(table, settings, random, tree).grow(members, settings.depth);
    trees.push(tree);
    for (let i = 0; i < scores.length; i++) scores[i]! += table.leaf(tree, i);
  }
  return { bias: Number(bias.toFixed(5)), trees: trees.map((tree) => tree.map((row) => table.stored(row))) };
}

/** The examples with every feature replaced by the number of its bin. */
class BinnedTable {
  readonly width: number;
  readonly edges: number[][];
  readonly gradients: Float64Array;
  readonly hessians: Float64Array;
  /** By feature, then example. */
  readonly bins: Uint8Array[];

  constructor(examples: readonly DenseExample[]) {
    this.width = examples[0]!.features.length;
    this.gradients = new Float64Array(examples.length);
    this.hessians = new Float64Array(examples.length);
    this.edges = Array.from({ length: this.width }, (_, feature) => edgesOf(examples, feature));
    this.bins = this.edges.map((edges, feature) =>
      Uint8Array.from(examples, ({ features }) => edges.filter((edge) => features[feature]! > edge).length),
    );
  }

  leaf(tree: readonly Row[], example: number): number {
    let node = tree[0]!;
    while (node[0] >= 0) node = tree[this.bins[node[0]]![example]! <= node[1] ? node[2] : node[3]]!;
    return node[1];
  }

  /** A row with the threshold itself in place of its bin. */
  stored([feature, value, low, high]: Row): Row {
    return feature < 0 ? [-1, value, 0, 0] : [feature, this.edges[feature]![value]!, low, high];
  }
}

class Grower {
  readonly #table: BinnedTable;
  readonly #options: TreeOptions;
  readonly #random: () => number;
  readonly #rows: Row[];

  constructor(table: BinnedTable, options: TreeOptions, random: () => number, rows: Row[]) {
    this.#table = table;
    this.#options = options;
    this.#random = random;
    this.#rows = rows;
  }

  grow(members: Uint32Array, levels: number): number {
    const at = this.#rows.length;
    this.#rows.push([-1, 0, 0, 0]);
    const split = levels > 0 ? this.#bestSplit(members) : null;
    if (split === null) {
      const [gradient, hessian] = this.#sums(members);
      const { rate, lambda } = this.#options;
      this.#rows[at] = [-1, Number(((rate * gradient) / (hessian + lambda)).toPrecision(3)), 0, 0];
      return at;
    }
    const bins = this.#table.bins[split.feature]!;
    const low = this.grow(
      members.filter((i) => bins[i]! <= split.bin),
      levels - 1,
    );
    const high = this.grow(
      members.filter((i) => bins[i]! > split.bin),
      levels - 1,
    );
    this.#rows[at] = [split.feature, split.bin, low, high];
    return at;
  }

  #sums(members: Uint32Array): [number, number] {
    let [gradient, hessian] = [0, 0];
    for (const i of members) {
      gradient += this.#table.gradients[i]!;
      hessian += this.#table.hessians[i]!;
    }
    return [gradient, hessian];
  }

  #bestSplit(members: Uint32Array): { feature: number; bin: number } | null {
    const whole = this.#sums(members);
    let best: { feature: number; bin: number; gain: number } | null = null;
    for (let feature = 0; feature < this.#table.width; feature++) {
      if (this.#table.edges[feature]!.length === 0 || this.#random() > this.#options.columns) continue;
      const split = this.#splitOf(feature, members, whole);
      if (split.gain > (best?.gain ?? 1e-3)) best = { feature, ...split };
    }
    return best;
  }

  #splitOf(feature: number, members: Uint32Array, [allG, allH]: [number, number]): { bin: number; gain: number } {
    const { lambda, leafMin } = this.#options;
    const { bins, gradients, hessians } = this.#table;
    const [g, h, n] = [new Float64Array(BINS), new Float64Array(BINS), new Uint32Array(BINS)];
    for (const i of members) {
      const bin = bins[feature]![i]!;
      g[bin]! += gradients[i]!;
      h[bin]! += hessians[i]!;
      n[bin]!++;
    }
    let best = { bin: 0, gain: 0 };
    let [lowG, lowH, lowN] = [0, 0, 0];
    for (let bin = 0; bin < BINS - 1; bin++) {
      lowG += g[bin]!;
      lowH += h[bin]!;
      lowN += n[bin]!;
      if (lowN < leafMin || members.length - lowN < leafMin) continue;
      const [low, high] = [lowG ** 2 / (lowH + lambda), (allG - lowG) ** 2 / (allH - lowH + lambda)];
      const gain = low + high - allG ** 2 / (allH + lambda);
      if (gain > best.gain) best = { bin, gain };
    }
    return best;
  }
}

/** Thresholds between the quantiles of a feature. */
function edgesOf(examples: readonly DenseExample[], feature: number): number[] {
  const values = Float64Array.from(examples, ({ features }) => features[feature]!).sort();
  const edges = new Set<number>();
  for (let q = 1; q < BINS; q++) edges.add(Number(values[Math.floor((values.length * q) / BINS)]!.toPrecision(4)));
  return [...edges].filter((edge) => edge < values.at(-1)!).sort((a, b) => a - b);
}
