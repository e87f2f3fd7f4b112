import type { SeededRandom } from './random.ts';
import type { ClockStep, JournalFault, Schedule } from './schedule.ts';

/** What goes wrong besides messages, processes and validators: deadlines pass, clocks jump, databases are lost. */

const HOUR_MS = 3_600_000;
/** Seconds from a task's submission to its deadline; null for none. Some pass before anybody can have judged. */
const DEADLINES_SECONDS = [null, null, 1, 2, 4, 8, 30];
const JOURNAL_FAULTS = ['wiped', 'rolledBack'] as const;

/** Adds to a schedule, and takes nothing away but a faulty validator whose place one with a lost journal needs. */
export function widened(schedule: Schedule, random: SeededRandom): Schedule {
  const nodes = schedule.validators + schedule.faulty.filter(({ role }) => role === 'twins').length;
  const deadlines = random.chance(0.4) ? drawDeadlines(random, schedule.tasks) : [];
  const clockSteps = random.chance(0.3) ? drawClockSteps(random, nodes, schedule.calmAtMs) : [];
  const wider = { ...schedule, deadlines, clockSteps };
  return random.chance(0.25) ? withLostJournal(wider, random) : wider;
}

function drawDeadlines(random: SeededRandom, tasks: number): Schedule['deadlines'] {
  return Array.from({ length: tasks }, () => {
    const deadlineSeconds = random.pick(DEADLINES_SECONDS);
    return { deadlineSeconds, notAfterSeconds: random.chance(0.3) ? random.integer(1, 3_600) : null };
  });
}

function drawClockSteps(random: SeededRandom, nodes: number, withinMs: number): ClockStep[] {
  return Array.from({ length: random.integer(1, 3) }, () => {
    return {
      atMs: random.integer(0, withinMs - 1),
      node: random.integer(0, nodes - 1),
      byMs: random.pick([-HOUR_MS, -5_000, 5_000, HOUR_MS]),
    };
  });
}

/**
 * One honest validator loses what it had written. For the tasks in question it is as good as faulty, so that with it
 * the faulty must not weigh more than F: if they would, one of them behaves.
 */
function withLostJournal(schedule: Schedule, random: SeededRandom): Schedule {
  const { weights, calmAtMs } = schedule;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const tolerated = Math.floor((total - 1) / 3);
  const faulty = schedule.faulty.slice(0, Math.max(0, tolerated - 1));
  const taken = faulty.reduce((sum, { validator }) => sum + weights[validator]!, 0);
  const candidates = weights.flatMap((weight, validator) => {
    const isFaulty = faulty.some((one) => one.validator === validator);
    return isFaulty || taken + weight > tolerated ? [] : [validator];
  });
  if (candidates.length === 0) return schedule;
  const atMs = random.integer(500, calmAtMs - 1_000);
  const lost: JournalFault = {
    validator: random.pick(candidates),
    kind: random.pick(JOURNAL_FAULTS),
    copiedAtMs: random.integer(0, atMs),
    atMs,
    downMs: random.integer(10, 2_000),
  };
  return { ...schedule, faulty, lostJournal: lost };
}
