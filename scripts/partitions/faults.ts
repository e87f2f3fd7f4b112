import type { SeededRandom } from '../../test/sim/random.ts';
import type { Namespaces } from './namespaces.ts';

/** What is done to the network; all of it is drawn before it begins. */
export interface Fault {
  kind: FaultKind;
  /** Hosts on each side, where there are sides. */
  sides: number[][];
  holdMs: number;
}

/** Short ones end while connections still stand; long ones when they have been given up and dialled in vain. */
const HOLD_MS = { short: [3_000, 8_000], long: [20_000, 30_000] } as const;
const LONG_SHARE = 0.25;
const FLAP_MS = 700;

type Act = (namespaces: Namespaces, fault: Fault) => Promise<void>;

const all = ({ count }: Namespaces): number[] => Array.from({ length: count }, (_, index) => index);
const lossOf =
  (share: number): Act =>
  async (namespaces) => {
    await Promise.all(all(namespaces).map((index) => namespaces.lose(index, share)));
  };
const delayOf =
  (ms: number, jitterMs: number): Act =>
  async (namespaces) => {
    await Promise.all(all(namespaces).map((index) => namespaces.delay(index, ms, jitterMs)));
  };

async function split(namespaces: Namespaces, { sides }: Fault): Promise<void> {
  const pairs = all(namespaces).flatMap((from) => all(namespaces).map((to) => [from, to] as const));
  const sideOf = (index: number) => sides.findIndex((side) => side.includes(index));
  const parted = pairs.filter(([from, to]) => sideOf(from) !== sideOf(to));
  for (const [from, to] of parted) await namespaces.cut(from, to);
}

/** The first side sends and is not heard; it hears all. */
async function mute(namespaces: Namespaces, { sides: [muted = [], others = []] }: Fault): Promise<void> {
  for (const from of muted) for (const to of others) await namespaces.cut(from, to);
}

async function flap(namespaces: Namespaces, fault: Fault): Promise<void> {
  const untilMs = performance.now() + fault.holdMs;
  while (performance.now() < untilMs) {
    await split(namespaces, fault);
    await pause(FLAP_MS);
    await namespaces.heal();
    await pause(FLAP_MS);
  }
}

const FAULTS = {
  halves: split,
  'one cut off': split,
  'one not heard': mute,
  flapping: flap,
  'loss 1%': lossOf(0.01),
  'loss 10%': lossOf(0.1),
  'loss 30%': lossOf(0.3),
  'delay 50 ms': delayOf(50, 0),
  'delay 200 ms with jitter': delayOf(200, 50),
} as const satisfies Record<string, Act>;

export type FaultKind = keyof typeof FAULTS;
export const FAULT_KINDS = Object.keys(FAULTS) as readonly FaultKind[];

/** Kinds that need netem. */
export const isDelay = (kind: FaultKind): boolean => kind.startsWith('delay');
/** Kinds that part the hosts into sides that hear nothing of each other for the whole time. */
export const isSplit = ({ kind }: Fault): boolean => kind === 'halves' || kind === 'one cut off';

export function drawFault(random: SeededRandom, kind: FaultKind, hosts: number): Fault {
  const order = Array.from({ length: hosts }, (_, index) => ({ index, key: random.uint32() }))
    .sort((a, b) => a.key - b.key)
    .map(({ index }) => index);
  const size = kind === 'halves' ? Math.floor(hosts / 2) : 1;
  const [holdMsMin, holdMsMax] = HOLD_MS[random.chance(LONG_SHARE) ? 'long' : 'short'];
  return { kind, sides: [order.slice(0, size), order.slice(size)], holdMs: random.integer(holdMsMin, holdMsMax) };
}

/** Applies a fault, holds it, and heals the network; `whileHeld` is told when it stands and just before it ends. */
export async function holdFault(
  namespaces: Namespaces,
  fault: Fault,
  whileHeld: { stands(): Promise<void>; ends(): Promise<void> },
): Promise<void> {
  const untilMs = performance.now() + fault.holdMs;
  await FAULTS[fault.kind](namespaces, fault);
  await whileHeld.stands();
  await pause(Math.max(0, untilMs - performance.now()));
  await whileHeld.ends();
  await namespaces.heal();
}

export function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
