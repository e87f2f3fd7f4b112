import { counted, duration, percent } from '../logic/format.ts';
import { axisEnd, type MinuteBucket, OUTCOME_ORDER, quantile, type Share } from '../logic/series.ts';

const WIDTH = 320;
const HEIGHT = 120;
const LEFT = 30;
const BOTTOM = 18;
const PLOT_HEIGHT = HEIGHT - BOTTOM - 6;

function yOf(value: number, end: number): number {
  return 6 + PLOT_HEIGHT * (1 - value / end);
}

function Axis({ end, format }: { end: number; format(value: number): string }) {
  return (
    <g class="axis">
      {[end, end / 2, 0].map((value) => (
        <g key={value}>
          <line x1={LEFT} x2={WIDTH} y1={yOf(value, end)} y2={yOf(value, end)} />
          <text x={LEFT - 4} y={yOf(value, end) + 3} text-anchor="end">
            {format(value)}
          </text>
        </g>
      ))}
    </g>
  );
}

/** Tasks decided in each minute, stacked by outcome. */
export function DecidedChart({ buckets }: { buckets: readonly MinuteBucket[] }) {
  const total = buckets.reduce((sum, bucket) => sum + bucket.total, 0);
  const most = Math.max(...buckets.map((bucket) => bucket.total));
  const end = axisEnd(Math.max(2, most));
  const step = (WIDTH - LEFT) / buckets.length;
  const label = `${counted(total, 'task')} decided in the last ${buckets.length} minutes, at most ${most} in one minute`;
  return (
    <figure>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
        <Axis end={end} format={(value) => String(value)} />
        {buckets.map((bucket, at) => {
          let below = 0;
          return OUTCOME_ORDER.filter((outcome) => bucket.counts[outcome] > 0).map((outcome) => {
            const top = yOf(below + bucket.counts[outcome], end);
            const height = yOf(below, end) - top;
            below += bucket.counts[outcome];
            const place = { x: LEFT + at * step + 1, y: top, width: Math.max(1, step - 2), height };
            return <rect key={`${bucket.startMs} ${outcome}`} class={`fill-${outcome.toLowerCase()}`} {...place} />;
          });
        })}
        <text class="tick" x={LEFT} y={HEIGHT - 3}>{`${buckets.length} min ago`}</text>
        <text class="tick" x={WIDTH} y={HEIGHT - 3} text-anchor="end">
          now
        </text>
      </svg>
      <figcaption>{label}.</figcaption>
    </figure>
  );
}

/** How the verdicts share, as one bar and in words. */
export function SharesChart({ shares, total }: { shares: readonly Share[]; total: number }) {
  let from = 0;
  return (
    <figure>
      <svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        {shares.map(({ outcome, share }) => {
          const x = from;
          from += share * 100;
          return (
            <rect key={outcome} class={`fill-${outcome.toLowerCase()}`} x={x} y="0" width={share * 100} height="6" />
          );
        })}
      </svg>
      <ul class="legend">
        {shares.map(({ outcome, count, share }) => (
          <li key={outcome}>
            <span class={`swatch swatch-${outcome.toLowerCase()}`} aria-hidden="true" />
            {outcome.toLowerCase()} {percent(share)} ({count})
          </li>
        ))}
      </ul>
      <figcaption>Of the last {counted(total, 'result')}.</figcaption>
    </figure>
  );
}

/** From first sight to decision, a dot a task, oldest first, with the median and the 99th percentile. */
export function LatencyChart({ latenciesMs }: { latenciesMs: readonly number[] }) {
  const [p50, p99] = [quantile(latenciesMs, 0.5)!, quantile(latenciesMs, 0.99)!];
  const end = axisEnd(Math.max(...latenciesMs));
  const step = (WIDTH - LEFT) / latenciesMs.length;
  const label = `From first sight to decision: median ${duration(p50)}, 99th percentile ${duration(p99)}, of ${counted(latenciesMs.length, 'task')}`;
  return (
    <figure>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
        <Axis end={end} format={duration} />
        <line class="p50" x1={LEFT} x2={WIDTH} y1={yOf(p50, end)} y2={yOf(p50, end)} />
        <line class="p99" x1={LEFT} x2={WIDTH} y1={yOf(p99, end)} y2={yOf(p99, end)} />
        {latenciesMs.map((ms, at) => (
          <circle key={at} cx={LEFT + (at + 0.5) * step} cy={yOf(ms, end)} r="2.4" />
        ))}
        <text class="tick" x={LEFT} y={HEIGHT - 3}>
          older
        </text>
        <text class="tick" x={WIDTH} y={HEIGHT - 3} text-anchor="end">
          newest
        </text>
      </svg>
      <figcaption>{label}.</figcaption>
    </figure>
  );
}
