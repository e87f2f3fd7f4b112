import type { LeafType } from '../../src/protocol/leaf.ts';
import { SeededRandom } from './random.ts';
import { PUNCTUAL, ROLES, type Role } from './roles.ts';
import type { DiskFaults } from './sim-disk.ts';
import type { LinkFaults } from './sim-network.ts';
import { widened } from './widened.ts';

/** What a seed means: everything that happens in one simulated run. */
export interface Schedule {
  seed: number;
  validators: number;
  weights: number[];
  /** Byzantine validators: at most F of the weight, unless a test asks for more. */
  faulty: { validator: number; role: Role }[];
  tasks: number;
  /** Each task is submitted to every honest node at once, not to one of them. */
  everywhere: boolean;
  /** The faulty choose their tasks: one of them proposes in this round. */
  ambushRound: number | null;
  links: LinkFaults;
  /** A network that is owned by the adversary: most of what holds these leaves never reaches these nodes. */
  targeted: { types: LeafType[]; nodes: number[]; loss: number } | null;
  /** The adversary cuts this node off the moment that it precommits: it hears everything, and nobody hears it. */
  muzzled: number | null;
  disk: DiskFaults;
  /** Probability that a judge of the network rejects; per task, so that most tasks have a majority. */
  judges: { disagreement: number; failure: number; slowMsMax: number; confidenceMin: number };
  crashes: { atMs: number; node: number; downMs: number }[];
  /** Crashes at the n-th time that a node comes to a point: before a frame leaves, after it, before or after a write. */
  crashPoints: { node: number; point: CrashPoint; count: number; downMs: number }[];
  partitions: { atMs: number; forMs: number; groups: number[]; oneWay: boolean }[];
  /** Of each task that has any: seconds from its submission. */
  deadlines: { deadlineSeconds: number | null; notAfterSeconds: number | null }[];
  /** The clock of one node jumps; timers go on as they were. */
  clockSteps: ClockStep[];
  /** An honest validator comes back with an older database than it had, or with none (R29). */
  lostJournal: JournalFault | null;
  /** Nothing goes wrong but by the faulty, and the honest agree: their verdict must be the outcome. */
  quiet: boolean;
  /** From here on nothing is lost, and every honest node is up. */
  calmAtMs: number;
}

const CRASH_POINTS = ['unsent', 'sent', 'unwritten', 'written'] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];

export interface ClockStep {
  atMs: number;
  node: number;
  byMs: number;
}

export interface JournalFault {
  validator: number;
  kind: 'wiped' | 'rolledBack';
  /** When the copy was made that it comes back with. */
  copiedAtMs: number;
  atMs: number;
  downMs: number;
}

export interface ScheduleLimits {
  validators?: number;
  /** Number of validators that are faulty; by default any up to F. */
  faulty?: number;
  /** The role of all of them; by default any. */
  role?: Role;
  /** Without deadlines, clock steps and lost journals. */
  narrow?: boolean;
}

const CHAOS_MS = 12_000;
/** Sets the random numbers of what came to the schedules later apart: a seed still means what it meant. */
const WIDENED = 0x3f29;
/** Small committees leave less to chance and cost less; the most common one stands for all with one fault. */
const SIZES = [1, 2, 3, 4, 4, 4, 4, 5, 6, 7, 7, 8, 9, 10];
const LEAF_TYPES: readonly LeafType[] = ['COMMIT', 'CLOSE', 'REVEAL', 'PROPOSAL', 'PREVOTE', 'PRECOMMIT'];

/** Draws a schedule; harmless ones too, so that the checkers are seen to pass. */
export function drawSchedule(seed: number, limits: ScheduleLimits = {}): Schedule {
  const random = new SeededRandom(seed);
  const validators = limits.validators ?? random.pick(SIZES);
  const faulty = drawFaulty(random, validators, limits);
  const rough = random.chance(0.7);
  const nodes = validators + faulty.filter(({ role }) => role === 'twins').length;
  const schedule: Schedule = {
    seed,
    validators,
    weights: drawWeights(random, validators, faulty.length),
    faulty,
    tasks: random.integer(1, 3),
    everywhere: random.chance(0.3),
    ambushRound: random.pick([null, null, 0, 1]),
    links: {
      loss: rough ? random.fraction() * 0.3 : 0,
      duplication: rough ? random.fraction() * 0.2 : 0,
      delayMsMax: random.pick([5, 40, 200]),
      stragglerMs: rough ? random.pick([100, 1_000, 3_000]) : 50,
    },
    targeted: random.chance(0.3) ? drawTarget(random, nodes) : null,
    muzzled: random.chance(0.3) ? random.integer(0, nodes - 1) : null,
    disk: { writeMsMax: random.pick([1, 5, 50]), failure: rough && random.chance(0.3) ? 0.1 : 0 },
    judges: {
      disagreement: random.pick([0, 0.1, 0.5]),
      failure: random.pick([0, 0, 0.2]),
      slowMsMax: random.pick([50, 500, 500, 3_000]),
      confidenceMin: 0.78,
    },
    crashes: rough ? drawCrashes(random, nodes) : [],
    crashPoints: random.chance(0.5) ? drawCrashPoints(random, nodes) : [],
    partitions: rough ? drawPartitions(random, nodes) : [],
    deadlines: [],
    clockSteps: [],
    lostJournal: null,
    quiet: false,
    calmAtMs: CHAOS_MS,
  };
  const mode = random.fraction();
  if (mode < 0.15) return quieted(schedule, random, limits);
  if (mode < 0.35 && faulty.length > 0) return plotted(schedule, random, limits);
  return limits.narrow === true ? schedule : widened(schedule, new SeededRandom(seed ^ WIDENED));
}

/** The same validators and tasks, with everything prompt and everybody honest of one mind. */
function quieted(schedule: Schedule, random: SeededRandom, limits: ScheduleLimits = {}): Schedule {
  return {
    ...schedule,
    quiet: true,
    faulty: schedule.faulty.map((one) => ({ ...one, role: limits.role ?? random.pick([...PUNCTUAL]) })),
    links: { loss: 0, duplication: 0, delayMsMax: 20, stragglerMs: 40 },
    targeted: null,
    muzzled: null,
    disk: { writeMsMax: 2, failure: 0 },
    judges: { disagreement: 0, failure: 0, slowMsMax: 50, confidenceMin: 0.8 },
    crashes: [],
    crashPoints: [],
    partitions: [],
  };
}

/**
 * The worst that the faulty and the network can do together: one honest node decides and is not heard, the others are
 * led to the next round, where a faulty one proposes something else; some of them die after they precommitted.
 */
function plotted(schedule: Schedule, random: SeededRandom, limits: ScheduleLimits): Schedule {
  const culprits = new Set(schedule.faulty.map(({ validator }) => validator));
  const honest = Array.from({ length: schedule.validators }, (_, node) => node).filter((node) => !culprits.has(node));
  const muzzled = random.pick(honest);
  const dying = honest.filter((node) => node !== muzzled && random.chance(0.4));
  return {
    ...quieted(schedule, random),
    quiet: false,
    faulty: schedule.faulty.map((one) => ({ ...one, role: limits.role ?? 'split' })),
    tasks: 1,
    ambushRound: random.integer(1, 2),
    muzzled,
    crashPoints: dying.map((node) => ({
      node,
      point: 'sent',
      count: random.integer(4, 7),
      downMs: random.integer(5, 150),
    })),
  };
}

function drawFaulty(random: SeededRandom, validators: number, limits: ScheduleLimits): Schedule['faulty'] {
  const tolerated = Math.floor((validators - 1) / 3);
  const count = limits.faulty ?? (random.chance(0.7) ? tolerated : random.integer(0, tolerated));
  return shuffled(random, validators)
    .slice(0, count)
    .map((validator) => ({ validator, role: limits.role ?? random.pick(ROLES) }));
}

/** Unequal weights only where nobody is faulty: the faulty must weigh at most F. */
function drawWeights(random: SeededRandom, validators: number, faulty: number): number[] {
  const equal = Array.from({ length: validators }, () => 1);
  if (faulty > 0 || random.chance(0.6)) return equal;
  return equal.map(() => random.integer(1, 5));
}

function drawTarget(random: SeededRandom, nodes: number): NonNullable<Schedule['targeted']> {
  return {
    types: LEAF_TYPES.filter(() => random.chance(0.3)),
    nodes: Array.from({ length: nodes }, (_, node) => node).filter(() => random.chance(0.6)),
    loss: random.pick([0.5, 0.9, 1]),
  };
}

function drawCrashes(random: SeededRandom, nodes: number): Schedule['crashes'] {
  return Array.from({ length: random.integer(0, 6) }, () => {
    return {
      atMs: random.integer(0, CHAOS_MS - 1),
      node: random.integer(0, nodes - 1),
      downMs: random.integer(10, 3_000),
    };
  });
}

function drawCrashPoints(random: SeededRandom, nodes: number): Schedule['crashPoints'] {
  return Array.from({ length: random.integer(1, 4) }, () => {
    return {
      node: random.integer(0, nodes - 1),
      point: random.pick(CRASH_POINTS),
      count: random.integer(1, 12),
      downMs: random.integer(10, 3_000),
    };
  });
}

function drawPartitions(random: SeededRandom, nodes: number): Schedule['partitions'] {
  return Array.from({ length: random.integer(0, 3) }, () => {
    const groups = Array.from({ length: nodes }, () => random.integer(0, 1));
    return {
      atMs: random.integer(0, CHAOS_MS - 2_000),
      forMs: random.integer(200, 6_000),
      groups,
      oneWay: random.chance(0.3),
    };
  });
}

function shuffled(random: SeededRandom, count: number): number[] {
  const items = Array.from({ length: count }, (_, index) => index);
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.integer(0, i);
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}
