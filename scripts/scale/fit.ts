/** y = factor * x^exponent, by least squares over the logarithms. */
export interface PowerLaw {
  exponent: number;
  factor: number;
  /** Share of the logarithms' scatter that the law explains, 0 to 1. */
  r2: number;
}

/** Undefined with fewer than two different sizes, or where something is not above 0. */
export function powerLawOf(points: readonly { x: number; y: number }[]): PowerLaw | undefined {
  if (points.some(({ x, y }) => !(x > 0 && y > 0)) || new Set(points.map(({ x }) => x)).size < 2) return undefined;
  const logs = points.map(({ x, y }) => ({ x: Math.log(x), y: Math.log(y) }));
  const mean = (of: (point: { x: number; y: number }) => number) => sum(logs.map(of)) / logs.length;
  const [meanX, meanY] = [mean(({ x }) => x), mean(({ y }) => y)];
  const exponent = sum(logs.map(({ x, y }) => (x - meanX) * (y - meanY))) / sum(logs.map(({ x }) => (x - meanX) ** 2));
  const intercept = meanY - exponent * meanX;
  const unexplained = sum(logs.map(({ x, y }) => (y - intercept - exponent * x) ** 2));
  const scatter = sum(logs.map(({ y }) => (y - meanY) ** 2));
  return { exponent, factor: Math.exp(intercept), r2: scatter === 0 ? 1 : 1 - unexplained / scatter };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
