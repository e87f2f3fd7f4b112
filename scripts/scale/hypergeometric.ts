/** A sample drawn without replacement from a population of which some are marked. */
export interface Sample {
  population: number;
  marked: number;
  drawn: number;
}

/** Bits kept of an exact fraction before it becomes a double. */
const FRACTION_BITS = 64n;

/** Exact probability that at least `least` of the drawn are marked; as small as 1e-290 without loss. */
export function tailProbability({ population, marked, drawn }: Sample, least: number): number {
  const hits = binomials(marked, drawn);
  const misses = binomials(population - marked, drawn);
  let ways = 0n;
  for (let hit = Math.max(0, least); hit <= drawn; hit++) ways += hits[hit]! * misses[drawn - hit]!;
  return ratio(ways, binomials(population, drawn)[drawn]!);
}

/** C(n, 0) to C(n, most). */
function binomials(n: number, most: number): bigint[] {
  const row = [1n];
  for (let k = 1; k <= most; k++) row.push((row[k - 1]! * BigInt(Math.max(0, n - k + 1))) / BigInt(k));
  return row;
}

function ratio(part: bigint, whole: bigint): number {
  if (part === 0n) return 0;
  const shift = BigInt(Math.max(0, bits(whole) - bits(part))) + FRACTION_BITS;
  return Number((part << shift) / whole) * 2 ** -Number(shift);
}

const bits = (value: bigint): number => value.toString(2).length;
