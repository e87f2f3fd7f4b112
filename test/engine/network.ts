import { Engine } from '../../src/engine/engine.ts';
import type { Judge } from '../../src/engine/ports.ts';
import type { Committee } from '../../src/protocol/committee.ts';
import type { Judgement } from '../../src/protocol/judgement.ts';
import { SeededRandom } from '../sim/random.ts';
import { SimDisk, SimStore } from '../sim/sim-disk.ts';
import { type LinkFaults, SimNetwork } from '../sim/sim-network.ts';
import { APPROVAL, authenticatorOf, NotingLogger, signerOf, TestClock } from './fixture.ts';

/** A whole committee of engines on one network. */
export interface TestNetworkOfNodes {
  clock: TestClock;
  engines: Engine[];
  disks: SimDisk[];
  /** Every frame that left a node, in order. */
  frames: { from: number; frame: Uint8Array }[];
  /** What nodes held against one another. */
  accusations: { peer: string; offence: string }[];
}

const QUIET: LinkFaults = { loss: 0, duplication: 0, delayMsMax: 10, stragglerMs: 10 };

export async function startNetwork(
  committee: Committee,
  answers: readonly Partial<Judgement>[] = [],
  faults = QUIET,
): Promise<TestNetworkOfNodes> {
  const clock = new TestClock();
  const keys = committee.validators.map(({ publicKey }) => publicKey);
  const network = new SimNetwork(clock, new SeededRandom(3), keys, faults);
  const world: TestNetworkOfNodes = { clock, engines: [], disks: [], frames: [], accusations: [] };
  network.onReport = (_by, peer, offence) => void world.accusations.push({ peer, offence });
  network.onFrame = (port, frame) => void world.frames.push({ from: keys.indexOf(port.key), frame });
  for (const [index, key] of keys.entries()) {
    const disk = new SimDisk(`${index}`);
    const { port, network: side } = network.attach(key, `${index}`);
    const judge: Judge = { judge: async () => ({ ...APPROVAL, ...answers[index] }) };
    const store = new SimStore(disk, clock, new SeededRandom(index), { writeMsMax: 2, failure: 0 });
    const ports = {
      store,
      network: side,
      judge,
      clock,
      random: new SeededRandom(100 + index),
      logger: new NotingLogger(),
    };
    const identity = { index, signer: signerOf(committee, index) };
    const engine = await Engine.start({ committee, identity, authenticator: authenticatorOf(committee) }, ports);
    network.connect(port, engine);
    world.engines.push(engine);
    world.disks.push(disk);
  }
  return world;
}
