import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DEVNET_TIMERS } from '../../src/protocol/genesis.ts';
import type { SeededRandom } from '../../test/sim/random.ts';
import type { LocalDevnet } from '../local-devnet.ts';
import { until } from '../processes.ts';

/** What is done to validators; all of it is drawn before it begins, so that no timing changes what a seed gives. */
export interface Perturbation {
  kind: Kind;
  victims: number[];
  delayMs: number;
  /** How long the victims are away. */
  awayMs: number;
}

type Act = (devnet: LocalDevnet, index: number, awayMs: number, random: SeededRandom) => Promise<void>;

/** Bytes that a damage turns. */
const FLIPS_MAX = 4;

/** Every perturbation, by name; each ends when the victim runs again. */
const KINDS = {
  /** kill -9, and a start with what is on the disk. */
  kill: async (devnet, index, awayMs) => {
    await devnet.kill(index);
    await sleep(awayMs);
    await devnet.revive(index, { ready: false });
  },
  /** SIGTERM, as an upgrade does it. */
  restart: async (devnet, index, awayMs) => {
    await devnet.terminate(index);
    await sleep(awayMs);
    await devnet.revive(index, { ready: false });
  },
  /** SIGSTOP and SIGCONT: the process is silent, and its connections stand. */
  freeze: async (devnet, index, awayMs) => {
    process.kill(devnet.pidOf(index), 'SIGSTOP');
    await sleep(awayMs);
    process.kill(devnet.pidOf(index), 'SIGCONT');
  },
  /** The database is lost. */
  wipe: async (devnet, index, awayMs) => {
    await devnet.kill(index);
    await rm(join(devnet.validators[index]!.home, 'data'), { recursive: true });
    await sleep(awayMs);
    await devnet.revive(index, { ready: false });
  },
  /** Bits of the database's log turn while it is closed. */
  damage: async (devnet, index, awayMs, random) => {
    await devnet.kill(index);
    await damageLog(join(devnet.validators[index]!.home, 'data'), random);
    await sleep(awayMs);
    await devnet.revive(index, { ready: false });
  },
} as const satisfies Record<string, Act>;

export type Kind = keyof typeof KINDS;
export const PERTURBATIONS = Object.keys(KINDS) as readonly Kind[];

/** Two at once stop the network until they are back; a lost or damaged database is one fault of the one allowed. */
const ALONE: ReadonlySet<Kind> = new Set(['wipe', 'damage']);
/** R29: so long such a validator follows only, and a second fault would leave its tasks without a quorum for good. */
const PROBATION_MS = 2 * DEVNET_TIMERS.observeMs + 1_000;
const AWAY_MS_MAX = 2_000;
const FROZEN_MS_MAX = 6_000;
const DELAY_MS_MAX = 1_500;

export function drawPerturbation(random: SeededRandom, kinds: readonly Kind[], validators: number): Perturbation {
  const kind = random.pick(kinds);
  const first = random.integer(0, validators - 1);
  const second = (first + random.integer(1, validators - 1)) % validators;
  const victims = !ALONE.has(kind) && random.chance(0.3) ? [first, second] : [first];
  const awayMs = random.integer(0, kind === 'freeze' ? FROZEN_MS_MAX : AWAY_MS_MAX);
  return { kind, victims, delayMs: random.integer(0, DELAY_MS_MAX), awayMs };
}

/** Resolves when every victim is ready again and may sign; with the milliseconds from its return until it was ready. */
export async function perturb(
  devnet: LocalDevnet,
  { kind, victims, delayMs, awayMs }: Perturbation,
  random: SeededRandom,
): Promise<number[]> {
  await sleep(delayMs);
  const readyMs = await Promise.all(
    victims.map(async (index) => {
      await KINDS[kind](devnet, index, awayMs, random);
      const backMs = performance.now();
      await devnet.untilReady(index);
      return performance.now() - backMs;
    }),
  );
  if (ALONE.has(kind)) await sleep(PROBATION_MS);
  return readyMs;
}

/** Turns bits in the database's write-ahead log, whose blocks carry checksums. */
async function damageLog(folder: string, random: SeededRandom): Promise<void> {
  const logs = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.log')).sort();
  const name = logs.at(-1);
  if (name === undefined) return;
  const file = await open(join(folder, name), 'r+');
  try {
    const { size } = await file.stat();
    for (let flips = random.integer(1, FLIPS_MAX); flips > 0 && size > 0; flips--) {
      const at = random.integer(0, size - 1);
      const byte = Buffer.alloc(1);
      await file.read(byte, 0, 1, at);
      byte[0]! ^= 1 << random.integer(0, 7);
      await file.write(byte, 0, 1, at);
    }
  } finally {
    await file.close();
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** Waits for the result of a task at one node; undefined if it does not come in time. */
export async function resultIn(
  ask: () => Promise<{ core: string } | null>,
  timeoutMs: number,
): Promise<string | undefined> {
  let core: string | undefined;
  const arrived = async () => {
    core = (await ask().catch(() => null))?.core;
    return core !== undefined;
  };
  await until(arrived, timeoutMs).catch(() => undefined);
  return core;
}
