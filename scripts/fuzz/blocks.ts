import { METHODS, type MethodName } from '../../src/rpc/methods.ts';
import { SeededRandom } from '../../test/sim/random.ts';
import { GOSSIP_ATTACKS } from './gossip.ts';
import { RpcTarget } from './rpc.ts';
import { Victims } from './victims.ts';

/** Attacks on one network of victims, and the tasks that it has meanwhile. */
export const BLOCK = 500;
const SUBMIT_EVERY = 60;

/** Some attacks of one kind; the same block gives the same inputs, in whatever thread it runs. */
export interface Block {
  name: string;
  seed: number;
  attacks: number;
}

export interface BlockResult {
  /** Frames that were read to their end and told something new. */
  accepted: number;
  faults: string[];
}

/** Every kind of gossip message, request and answer, and every RPC method. */
export const KINDS: readonly string[] = [...Object.keys(GOSSIP_ATTACKS), ...Object.keys(METHODS)];

export async function runBlock({ name, seed, attacks }: Block): Promise<BlockResult> {
  const unhandled: string[] = [];
  const note = (error: unknown) => void unhandled.push(`unhandled: ${(error as Error).stack}`);
  process.on('unhandledRejection', note);
  try {
    const random = new SeededRandom(seed);
    const attack = GOSSIP_ATTACKS[name];
    const result =
      attack === undefined
        ? await rpcBlock(name as MethodName, random, attacks)
        : await gossipBlock(attack, random, attacks);
    return { ...result, faults: [...result.faults, ...unhandled] };
  } finally {
    process.off('unhandledRejection', note);
  }
}

type GossipAttack = (typeof GOSSIP_ATTACKS)[string];

async function gossipBlock(attack: GossipAttack, random: SeededRandom, attacks: number): Promise<BlockResult> {
  const victims = await Victims.start(random);
  for (let i = 0; i < attacks; i++) {
    if (i % SUBMIT_EVERY === 0) await victims.submit(random);
    await attack(victims, random);
    if (random.chance(0.3)) await victims.pass(random.integer(0, 40));
  }
  return { accepted: victims.accepted, faults: await victims.settle() };
}

async function rpcBlock(method: MethodName, random: SeededRandom, attacks: number): Promise<BlockResult> {
  const target = new RpcTarget();
  const faults: string[] = [];
  for (let i = 0; i < attacks; i++) {
    const fault = await target.attack(method, random);
    if (fault !== undefined) faults.push(fault);
  }
  return { accepted: 0, faults };
}
