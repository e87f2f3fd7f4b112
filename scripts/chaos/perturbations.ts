import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SeededRandom } from '../../test/sim/random.ts';
import type { LocalDevnet } from '../local-devnet.ts';
import { isAlive, until } from '../processes.ts';
import { shiftableClock, shiftClock } from './clock.ts';
import { fill, free, resize } from './disk.ts';
import { flipDatabase } from './files.ts';
import { isSecondRefused, Twin } from './twin.ts';

/** What perturbations act on. */
export interface Scene {
  devnet: LocalDevnet;
  /** Has a task submitted, so that something is to be written and signed; at any node but this one. */
  submitElsewhere(index: number): Promise<void>;
  /** Number of distinct leaves that a validator was heard to sign. */
  leavesOf(index: number): number;
  /** Counts something that must not be. */
  fault(name: Fault): void;
}

export type Fault =
  | 'full disks that were not told'
  | 'leaves signed with a full disk'
  | 'twins that were not noticed'
  | 'second nodes of one directory that were not refused';

interface Victim {
  index: number;
  home: string;
  data: string;
  awayMs: number;
  random: SeededRandom;
}

type Act = (scene: Scene, victim: Victim) => Promise<void>;

/** How long a node on a full disk, or a twin from its start on, has to notice. */
const NOTICE_MS = 30_000;
/** Starts in a row after which a node must have mended its database. */
const STARTS_MAX = 4;
const POLL_MS = 100;
const SHIFT_SECONDS = 3_600;
/** What a node had put into its sockets before the disk was full. */
const IN_FLIGHT_MS = 500;

/** Every perturbation of one validator, by name; each ends when nothing hinders the victim any more but its own start. */
export const ACTS = {
  /** kill -9, and a start with what is on the disk. */
  kill: async ({ devnet }, { index, awayMs }) => {
    await devnet.kill(index);
    await sleep(awayMs);
    await devnet.revive(index, { ready: false });
  },
  /** SIGTERM, as an upgrade does it. */
  restart: async ({ devnet }, { index, awayMs }) => {
    await devnet.terminate(index);
    await sleep(awayMs);
    await devnet.revive(index, { ready: false });
  },
  /** One validator after the other. */
  rolling: async ({ devnet }, { index }) => {
    const { length } = devnet.validators;
    for (let turn = 0; turn < length; turn++) {
      const next = (index + 1 + turn) % length; // the victim proper is the last
      await devnet.terminate(next);
      await devnet.revive(next, { ready: turn + 1 < length });
    }
  },
  /** SIGSTOP and SIGCONT: the process is silent, and its connections stand. */
  freeze: async ({ devnet }, { index, awayMs }) => {
    process.kill(devnet.pidOf(index), 'SIGSTOP');
    await sleep(2 * awayMs);
    process.kill(devnet.pidOf(index), 'SIGCONT');
  },
  /** The database is lost. */
  wipe: async ({ devnet }, { index, data, awayMs }) => {
    await devnet.kill(index);
    for (const name of await readdir(data)) await rm(join(data, name), { recursive: true }); // it may be a mount point
    await sleep(awayMs);
    await devnet.revive(index, { ready: false });
  },
  /** Bits of the database's write-ahead log turn while it is closed. */
  damage: async ({ devnet }, { index, data, random }) => {
    await devnet.kill(index);
    await flipDatabase(data, random, /\.log$/);
    await reviveAsSupervised(devnet, index);
  },
  /** Bits of any file of the database turn while it is closed. */
  flip: async ({ devnet }, { index, data, random }) => {
    await devnet.kill(index);
    await flipDatabase(data, random);
    await reviveAsSupervised(devnet, index);
  },
  /** The clock jumps an hour ahead or back while the node runs, or both in turn, and then returns. */
  clock: async ({ devnet }, { index, home, awayMs, random }) => {
    await devnet.terminate(index);
    await shiftClock(home, 0);
    await devnet.revive(index, { env: shiftableClock(home) });
    const sign = random.pick([1, -1]);
    for (const shift of random.pick([[sign], [sign, -sign]])) {
      await shiftClock(home, shift * SHIFT_SECONDS);
      await sleep(1_000 + awayMs);
    }
    await shiftClock(home, 0);
  },
  /** The disk of the database fills up under load, then is emptied or grows. */
  disk: async (scene, { index, data, awayMs, random }) => {
    const { devnet } = scene;
    await fill(data);
    await scene.submitElsewhere(index);
    const told = await until(() => tellsFullDisk(devnet, index), NOTICE_MS).then(
      () => true,
      () => false,
    );
    if (!told) scene.fault('full disks that were not told');
    await sleep(IN_FLIGHT_MS);
    const leaves = scene.leavesOf(index);
    await scene.submitElsewhere(index);
    await sleep(awayMs);
    if (scene.leavesOf(index) !== leaves) scene.fault('leaves signed with a full disk');
    if (random.chance(0.5)) return free(data);
    await resize(data, 'grown');
    await devnet.untilReady(index);
    await free(data);
    await resize(data, 'small');
  },
  /** The same key starts a second time: in the same directory, and from a copy of the home. */
  twin: async (scene, { index, home, awayMs }) => {
    if (!(await isSecondRefused(home))) scene.fault('second nodes of one directory that were not refused');
    const twin = await Twin.start(home);
    try {
      const noticed = until(async () => {
        await scene.submitElsewhere(index);
        return twin.hasNoticed();
      }, NOTICE_MS);
      await noticed.catch(() => scene.fault('twins that were not noticed'));
      for (let task = 0; task < 3; task++) {
        await scene.submitElsewhere(index);
        await sleep(awayMs);
      }
    } finally {
      await twin.stop();
    }
  },
} as const satisfies Record<string, Act>;

export type Kind = keyof typeof ACTS;
export const PERTURBATIONS = Object.keys(ACTS) as readonly Kind[];

/** One victim's part of a perturbation. @returns when it was over, of `performance.now()` */
export async function act(kind: Kind, scene: Scene, index: number, awayMs: number, seed: number): Promise<number> {
  const { home } = scene.devnet.validators[index]!;
  await ACTS[kind](scene, { index, home, data: join(home, 'data'), awayMs, random: new SeededRandom(seed) });
  return performance.now();
}

/** As systemd or a container engine does it: LevelDB ends the process on some damage, until the node mends it. */
async function reviveAsSupervised(devnet: LocalDevnet, index: number): Promise<void> {
  for (let start = 1; start <= STARTS_MAX; start++) {
    await devnet.revive(index, { ready: false });
    let ready = false;
    const isReady = () =>
      devnet.untilReady(index, POLL_MS).then(
        () => true,
        () => false,
      );
    await until(async () => {
      ready = await isReady();
      return ready || !isAlive(devnet.pidOf(index));
    });
    if (ready) return;
  }
}

async function tellsFullDisk({ validators }: LocalDevnet, index: number): Promise<boolean> {
  const answer = await fetch(new URL('/readyz', validators[index]!.rpc)).catch(() => undefined);
  return answer !== undefined && answer.status !== 200 && /cannot be written/.test(await answer.text());
}
