import { SeededRandom } from './random.ts';
import type { DiskFaults } from './sim-disk.ts';
import type { LinkFaults } from './sim-network.ts';

/** What a seed means: everything that happens in one simulated run. */
export interface Schedule {
  seed: number;
  validators: number;
  weights: number[];
  /** Validators that run twice, with the same key, other judges and other databases. */
  twins: number[];
  /** Validators that never come up. */
  silent: number[];
  tasks: number;
  /** Each task is submitted to every honest node at once, not to one of them. */
  everywhere: boolean;
  links: LinkFaults;
  disk: DiskFaults;
  /** Probability that a judge of the network rejects; per task, so that most tasks have a majority. */
  judges: { disagreement: number; failure: number; slowMsMax: number };
  crashes: { atMs: number; node: number; downMs: number }[];
  partitions: { atMs: number; forMs: number; groups: number[]; oneWay: boolean }[];
  /** From here on nothing is lost, and every honest node is up. */
  calmAtMs: number;
}

export interface ScheduleLimits {
  validators?: number;
  /** Number of validators that may be faulty; by default at most F. */
  faulty?: number;
}

const CHAOS_MS = 12_000;

/** Draws a schedule; harmless ones too, so that the checkers are seen to pass. */
export function drawSchedule(seed: number, limits: ScheduleLimits = {}): Schedule {
  const random = new SeededRandom(seed);
  const validators = limits.validators ?? random.pick([1, 2, 3, 4, 4, 4, 5, 7, 7]);
  const tolerated = Math.floor((validators - 1) / 3);
  const faulty = limits.faulty ?? random.integer(0, tolerated);
  const culprits = shuffled(random, validators).slice(0, faulty);
  const twinCount = limits.faulty ?? random.integer(0, faulty);
  const rough = random.chance(0.7);
  const nodes = validators + twinCount;
  return {
    seed,
    validators,
    weights: drawWeights(random, validators, faulty),
    twins: culprits.slice(0, twinCount),
    silent: culprits.slice(twinCount),
    tasks: random.integer(1, 3),
    everywhere: random.chance(0.3),
    links: {
      loss: rough ? random.fraction() * 0.3 : 0,
      duplication: rough ? random.fraction() * 0.2 : 0,
      delayMsMax: random.pick([5, 40, 200]),
      stragglerMs: rough ? random.pick([100, 1_000, 3_000]) : 50,
    },
    disk: { writeMsMax: random.pick([1, 5, 50]), failure: rough && random.chance(0.3) ? 0.1 : 0 },
    judges: {
      disagreement: random.pick([0, 0.1, 0.5]),
      failure: random.pick([0, 0.2]),
      slowMsMax: random.pick([50, 500, 3_000]),
    },
    crashes: rough ? drawCrashes(random, nodes) : [],
    partitions: rough ? drawPartitions(random, nodes) : [],
    calmAtMs: CHAOS_MS,
  };
}

/** Unequal weights only where the faulty still weigh at most F. */
function drawWeights(random: SeededRandom, validators: number, faulty: number): number[] {
  const equal = Array.from({ length: validators }, () => 1);
  if (faulty > 0 || random.chance(0.6)) return equal;
  return equal.map(() => random.integer(1, 5));
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
