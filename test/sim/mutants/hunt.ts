import { drawSchedule, type ScheduleLimits } from '../schedule.ts';
import type { Mutant } from './list.ts';
import { loadMutated } from './loader.ts';

/** How a seeded bug was found, or that it was not. */
export interface Hunt {
  name: string;
  killed: boolean;
  /** Schedules run, the killing one included. */
  schedules: number;
  /** The seed that killed it, and the first thing that was seen. */
  seed: number | null;
  violation: string;
}

/**
 * Runs schedules on the sources with a bug in them until a checker fires, at most so many.
 * @param seed null to begin where the mutant was once found
 */
export async function hunt(mutant: Mutant, seed: number | null, count: number, limits: ScheduleLimits): Promise<Hunt> {
  const role = mutant.from?.role;
  const reach = mutant.from?.wide === true ? {} : { narrow: true };
  const narrowed = seed !== null || role === undefined ? reach : { ...reach, role, faulty: 1 };
  return huntFrom(mutant, seed ?? mutant.from?.seed ?? 1, count, { ...limits, ...narrowed });
}

async function huntFrom(mutant: Mutant, firstSeed: number, count: number, limits: ScheduleLimits): Promise<Hunt> {
  const { runSchedule } = await loadMutated(mutant, 'test/sim/world.ts');
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const [violation] = await violationsOf(runSchedule, seed, limits);
    if (violation === undefined) continue;
    return { name: mutant.name, killed: true, schedules: seed - firstSeed + 1, seed, violation };
  }
  return { name: mutant.name, killed: false, schedules: count, seed: null, violation: '' };
}

type RunSchedule = typeof import('../world.ts').runSchedule;

/** Looks for the same bug among all runs of a few rounds. */
export async function huntEverywhere(mutant: Mutant, rounds: number): Promise<Hunt> {
  const { search } = await loadMutated(mutant, 'test/consensus/exhaustive/search.ts');
  const { states, disagreement } = search({ rounds, statesMax: 1_000_000, reduction: 'facts' });
  const violation = disagreement === null ? '' : `two decisions: ${disagreement.at(-1)}`;
  return { name: mutant.name, killed: disagreement !== null, schedules: states, seed: null, violation };
}

/** A program that throws has been found out as well. */
async function violationsOf(runSchedule: RunSchedule, seed: number, limits: ScheduleLimits): Promise<string[]> {
  try {
    return (await runSchedule(drawSchedule(seed, limits))).violations;
  } catch (error) {
    return [`the program failed: ${(error as Error).message}`];
  }
}
