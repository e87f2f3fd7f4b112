/** A named row of a table: figures, or a word where there is none. */
export type Row = Record<string, number | string>;
export type Table = Record<string, Row>;

/** What every scenario gets. */
export interface BenchOptions {
  /** Of each load that is measured by time. */
  seconds: number;
  /** Of each measurement that is made by count. */
  samples: number;
  /** Sizes of networks. */
  validators: readonly number[];
  /** Tasks under way at once, of each load that is closed. */
  inFlight: readonly number[];
}

/** The nearest-rank quantile; NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** Three digits that count, since no measurement here has more. */
export function rounded(value: number): number {
  return Number.isFinite(value)
    ? Number(value.toPrecision(value >= 1000 ? Math.ceil(Math.log10(value + 1)) : 3))
    : value;
}

/** How often `a` holds `b`, as a figure of a table. */
export function ratio(a: number, b: number): number {
  return rounded(a / b);
}

export function roundedTable(table: Table): Table {
  const row = (cells: Row) =>
    Object.fromEntries(
      Object.entries(cells).map(([name, cell]) => [name, typeof cell === 'number' ? rounded(cell) : cell]),
    );
  return Object.fromEntries(Object.entries(table).map(([name, cells]) => [name, row(cells)]));
}

/** Runs `work` again and again; calls a second and the times of each. */
export async function timed(
  samples: number,
  work: (n: number) => Promise<unknown>,
): Promise<{ perSecond: number; timesMs: number[] }> {
  const timesMs: number[] = [];
  const startMs = performance.now();
  for (let n = 0; n < samples; n++) {
    const oneMs = performance.now();
    await work(n);
    timesMs.push(performance.now() - oneMs);
  }
  return { perSecond: (1000 * samples) / (performance.now() - startMs), timesMs };
}
