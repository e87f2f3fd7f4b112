import { drawSchedule, type Schedule, type ScheduleLimits } from './schedule.ts';
import { shrink } from './shrink.ts';
import { type Outcome, runSchedule } from './world.ts';

/** Sums over schedules of one size. */
export interface Sums {
  schedules: number;
  violations: number;
  events: number;
  leaves: number;
  decisions: number;
  /** Time in which they ran, of one core. */
  ms: number;
}

/** What a row of seeds gave. */
export interface Tally {
  bySize: Record<number, Sums>;
  outcomes: Record<string, number>;
}

export interface Finding {
  seed: number;
  violations: string[];
  /** What the schedule cannot fail without; null if it was not looked for. */
  smallest: Schedule | null;
}

export function emptyTally(): Tally {
  return { bySize: {}, outcomes: {} };
}

export function emptySums(): Sums {
  return { schedules: 0, violations: 0, events: 0, leaves: 0, decisions: 0, ms: 0 };
}

/** Adds the sums of one tally to another. */
export function addTally(into: Tally, { bySize, outcomes }: Tally): void {
  for (const [size, sums] of Object.entries(bySize)) addSums(sumsOf(into, Number(size)), sums);
  for (const [name, count] of Object.entries(outcomes)) into.outcomes[name] = (into.outcomes[name] ?? 0) + count;
}

export function addSums(into: Sums, sums: Sums): void {
  for (const key of Object.keys(into) as (keyof Sums)[]) into[key] += sums[key];
}

function sumsOf({ bySize }: Tally, size: number): Sums {
  bySize[size] ??= emptySums();
  return bySize[size];
}

/** Runs one seed after the other; a program that throws has been found out as well. */
export async function runSeeds(
  first: number,
  count: number,
  limits: ScheduleLimits,
  onFinding: (finding: Finding) => void,
): Promise<Tally> {
  const tally = emptyTally();
  for (let seed = first; seed < first + count; seed++) {
    const schedule = drawSchedule(seed, limits);
    const startMs = performance.now();
    const outcome = await outcomeOf(schedule);
    const ms = performance.now() - startMs;
    const { violations, outcomes, ...counts } = outcome;
    const sums = { schedules: 1, violations: violations.length === 0 ? 0 : 1, ...counts, ms };
    addTally(tally, { bySize: { [schedule.validators]: sums }, outcomes });
    if (violations.length > 0) onFinding({ seed, violations, smallest: await shrink(schedule, fails) });
  }
  return tally;
}

async function outcomeOf(schedule: Schedule): Promise<Outcome> {
  try {
    return await runSchedule(schedule);
  } catch (error) {
    const violations = [`the program failed: ${(error as Error).message}`];
    return { violations, events: 0, leaves: 0, decisions: 0, outcomes: {} };
  }
}

async function fails(schedule: Schedule): Promise<boolean> {
  return (await outcomeOf(schedule)).violations.length > 0;
}
