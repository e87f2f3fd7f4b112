import type { Done } from './load.ts';
import { type Spread, spreadOf } from './trend.ts';

const PARTS = 10;

/** What results took, in tenths of the run. */
export function overTime(done: readonly Done[], seconds: number): (Spread & { fromSeconds: number })[] {
  return Array.from({ length: PARTS }, (_, part) => {
    const [from, to] = [(seconds * part) / PARTS, (seconds * (part + 1)) / PARTS];
    const within = done.filter(({ atSeconds }) => atSeconds >= from && atSeconds < to);
    return { fromSeconds: Math.round(from), ...spreadOf(within.map(({ latencyMs }) => latencyMs)) };
  });
}

/** Per kind of task: how many were decided, to which outcomes, what they took, and why judges abstained. */
export function poisonFigures(done: readonly Done[]): Record<string, object> {
  const byKind = Object.groupBy(done, ({ kind }) => kind);
  return Object.fromEntries(
    Object.entries(byKind).map(([kind, tasks = []]) => [
      kind,
      {
        outcomes: countOf(tasks.map(({ outcome }) => outcome)),
        abstentions: countOf(tasks.flatMap(({ abstained }) => abstained)),
        latencyMs: spreadOf(tasks.map(({ latencyMs }) => latencyMs)),
      },
    ]),
  );
}

function countOf(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
