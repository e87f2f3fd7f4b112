import type { NetworkKind, Timers } from '../../src/protocol/genesis.ts';
import { quantile, type Row, type Table } from '../bench/measures.ts';
import { floorMs } from './floor.ts';
import { JITTER } from './links.ts';
import { oneWayMs, type Placement } from './regions.ts';
import { type Decided, ScaleWorld, WRITE_MS } from './world.ts';

/** Of messages, between clouds: one in two hundred loses a packet. */
const RESENT = 0.005;
/** Larger networks get fewer tasks, as each costs the square of their size. */
const FULL_SIZE = 10;

interface Case {
  placement: Placement;
  validators: number;
  kind: NetworkKind;
  timers?: Partial<Timers>;
  resent?: number;
  lost?: number;
  down?: number;
}

export interface DelayOptions {
  /** Tasks of each row, one after the other; fewer in networks above ten. */
  tasks: number;
  /** Sizes of networks over the whole world. */
  validators: readonly number[];
  seed: number;
}

/** Finality over the internet's delays: sizes and timers, then what else can be wrong with lines and nodes. */
export async function delays(options: DelayOptions): Promise<Table> {
  const table: Table = {};
  const add = async (name: string, of: Case) => {
    table[name] = await rowOf(of, options);
  };
  for (const kind of ['devnet', 'testnet'] as const) {
    await add(`${kind}, Atlantic, n = 4`, { placement: 'atlantic', validators: 4, kind });
    for (const validators of options.validators)
      await add(`${kind}, world, n = ${validators}`, { placement: 'world', validators, kind });
  }
  const worst = { placement: 'world', validators: 10 } as const;
  for (const kind of ['devnet', 'testnet'] as const) {
    for (const resent of [0, 0.001, 0.01])
      await add(`${kind}, n = 10, ${100 * resent}% sent again`, { ...worst, kind, resent });
    for (const lost of [0.001, 0.01])
      await add(`${kind}, n = 10, ${100 * lost}% lost for good`, { ...worst, kind, resent: 0, lost });
    await add(`${kind}, n = 10, one down`, { ...worst, kind, down: 1 });
  }
  return table;
}

/** The timers of a test network one by one, with ten validators over the world, all up and with one down. */
export async function timers(options: DelayOptions): Promise<Table> {
  const table: Table = {};
  const world = { placement: 'world', validators: 10, kind: 'testnet' } as const;
  const sweep: [keyof Timers, readonly number[]][] = [
    ['revealGraceMs', [1, 50, 100, 150, 200, 300]],
    ['roundBaseMs', [100, 200, 300, 500, 1_000, 2_000]],
    ['graceMs', [500, 1_000, 5_000]],
  ];
  for (const [timer, values] of sweep) {
    for (const down of timer === 'graceMs' ? [1] : [0, 1]) {
      for (const value of values) {
        const name = `${timer} ${value}${down > 0 ? ', one down' : ''}`;
        table[name] = await rowOf({ ...world, timers: { [timer]: value }, down }, options);
      }
    }
  }
  return table;
}

async function rowOf(of: Case, options: DelayOptions): Promise<Row> {
  const { validators, placement, kind, timers = {}, resent = RESENT, lost = 0, down = 0 } = of;
  const medians = oneWayMs(validators, placement);
  const links = { jitter: JITTER, resent };
  const world = await ScaleWorld.start({ oneWayMs: medians, kind, timers, links, lost, down, seed: options.seed });
  const { quorum, threshold } = world.committee;
  const tasks = Math.max(1, Math.round(options.tasks * Math.min(1, (FULL_SIZE / validators) ** 2)));
  const decided: Decided[] = [];
  for (let n = 0; n < tasks; n++) {
    world.submit(n % (validators - down));
    decided.push(...(await world.settle()));
  }
  world.stop();
  const up = medians.slice(0, validators - down).map((row) => row.slice(0, validators - down));
  const floor = floorMs({ oneWayMs: up, writeMs: WRITE_MS, quorum, threshold });
  return { ...figuresOf(decided), 'floor ms': floor, 'one way ms': meanOneWayMs(medians), tasks };
}

function figuresOf(decided: readonly Decided[]): Row {
  const finalMs = decided.map(({ judgedMs }) => judgedMs);
  const askedMs = decided.map((one) => one.askedMs);
  const mean = (of: (one: Decided) => number) => decided.reduce((sum, one) => sum + of(one), 0) / decided.length;
  return {
    'final p50': quantile(finalMs, 0.5),
    'final p99': quantile(finalMs, 0.99),
    'asked p50': quantile(askedMs, 0.5),
    'asked p99': quantile(askedMs, 0.99),
    'later rounds %': 100 * mean(({ round }) => (round > 0 ? 1 : 0)),
    'left out': mean(({ leftOut }) => leftOut),
  };
}

function meanOneWayMs(medians: readonly (readonly number[])[]): number {
  const hops = medians.flatMap((row, from) => row.filter((_, to) => to !== from));
  return hops.reduce((sum, hopMs) => sum + hopMs, 0) / hops.length;
}
