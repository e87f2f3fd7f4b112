import type { Agreement } from './agreement.ts';
import type { MemoryFigures } from './watch.ts';

/** Shorter runs tell growth from chance badly. */
const JUDGED_MINUTES_MIN = 10;
const GROWTH_PERCENT_MAX = 1;
const RSS_MB_MAX = 350;

interface SoakFigures {
  memory: readonly MemoryFigures[];
  failures: Readonly<Record<string, number>>;
  agreement: Agreement;
  nodesThatDied: readonly number[];
}

/** The goals that a run did not reach, in words. */
export function missedGoals({ memory, failures, agreement, nodesThatDied }: SoakFigures, minutes: number): string[] {
  const { 'tasks checked on all nodes': _, ...faults } = agreement;
  return [
    ...Object.entries(failures).map(([message, times]) => `${message} (${times} times)`),
    ...Object.entries(faults).flatMap(([what, number]) => (number === 0 ? [] : [`${number} tasks ${what}`])),
    ...nodesThatDied.map((index) => `node ${index} died`),
    ...memory.flatMap((figures) => missedMemory(figures, minutes)),
  ];
}

function missedMemory({ node, rssMb }: MemoryFigures, minutes: number): string[] {
  const growth = rssMb.afterWarmUp?.percentPer10Minutes ?? 0;
  return [
    ...(rssMb.peak > RSS_MB_MAX ? [`node ${node} held ${rssMb.peak} MB, more than ${RSS_MB_MAX}`] : []),
    ...(minutes >= JUDGED_MINUTES_MIN && growth > GROWTH_PERCENT_MAX
      ? [`node ${node} grew by ${growth}% in ten minutes, more than ${GROWTH_PERCENT_MAX}%`]
      : []),
  ];
}
