/** A value at a time; seconds since the start. */
export interface Point {
  atSeconds: number;
  value: number;
}

/** A straight line through points, as growth: per cent of the mean in ten minutes. */
export interface Trend {
  mean: number;
  most: number;
  percentPer10Minutes: number;
  /** Half of the 95% range of that growth; short runs tell little. */
  plusMinus: number;
}

const TEN_MINUTES_SECONDS = 600;
const NORMAL_95 = 1.96;
/** Beyond it points tell next to nothing of a trend; one would divide by nothing. */
const FOLLOWING_MAX = 0.99;

/** Least squares; undefined with fewer than three points, which leave no scatter to tell growth from chance. */
export function trendOf(points: readonly Point[]): Trend | undefined {
  if (points.length < 3) return undefined;
  const mean = meanOf(points.map(({ value }) => value));
  const middle = meanOf(points.map(({ atSeconds }) => atSeconds));
  const spread = sum(points.map(({ atSeconds }) => (atSeconds - middle) ** 2));
  const slope = sum(points.map(({ atSeconds, value }) => (atSeconds - middle) * (value - mean))) / spread;
  const scatter = points.map(({ atSeconds, value }) => value - mean - slope * (atSeconds - middle));
  const deviation = Math.sqrt((sum(scatter.map((off) => off ** 2)) / (points.length - 2) / spread) * dilution(scatter));
  const percent = (perSecond: number) => round((100 * TEN_MINUTES_SECONDS * perSecond) / mean);
  return {
    mean: round(mean),
    most: round(Math.max(...points.map(({ value }) => value))),
    percentPer10Minutes: percent(slope),
    plusMinus: percent(NORMAL_95 * deviation),
  };
}

/**
 * How many points in a row tell as much as one of independent points: memory climbs between collections, so that a
 * sample resembles the one before (first-order autoregression).
 */
function dilution(scatter: readonly number[]): number {
  const whole = sum(scatter.map((off) => off ** 2));
  if (whole === 0) return 1;
  const following = sum(scatter.slice(1).map((off, before) => off * scatter[before]!)) / whole;
  const bounded = Math.min(Math.max(following, 0), FOLLOWING_MAX);
  return (1 + bounded) / (1 - bounded);
}

/** Of a list of values, in whole units; null of an empty one. */
export interface Spread {
  number: number;
  p50: number | null;
  p99: number | null;
  most: number | null;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const at = (share: number) => {
    const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
    return value === undefined ? null : Math.round(value);
  };
  return { number: sorted.length, p50: at(0.5), p99: at(0.99), most: at(1) };
}

const round = (value: number): number => Math.round(value * 100) / 100;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const meanOf = (values: readonly number[]): number => sum(values) / values.length;
