import type { BundleKind } from '../../src/protocol/bundle.ts';
import { decodeCanonical, encodeCanonical } from '../../src/protocol/cbor.ts';
import { decodeRequest, encodeRequest, type FetchKind, type FetchRequest } from '../../src/protocol/fetch.ts';
import type { LeafType } from '../../src/protocol/leaf.ts';
import type { SeededRandom } from '../../test/sim/random.ts';
import { announcementAttack, bundleAttack, signedAttack } from './material.ts';
import { mutateBytes, mutateCbor } from './mutation.ts';
import type { Victims } from './victims.ts';

/** One attack on the victims; what it sends depends on nothing but `random` and what was heard. */
type Attack = (victims: Victims, random: SeededRandom) => void | Promise<void>;

const LEAF_TYPES: readonly LeafType[] = ['COMMIT', 'CLOSE', 'REVEAL', 'PROPOSAL', 'PREVOTE', 'PRECOMMIT'];
const BUNDLE_KINDS: readonly BundleKind[] = ['POLKA', 'ROUNDCERT', 'CERT'];
const FETCH_KINDS: readonly FetchKind[] = ['task', 'leaves', 'reports', 'result', 'results', 'open'];

/** Every type of message that gossip and requests carry, and frames whose bytes are damaged. */
export const GOSSIP_ATTACKS: Record<string, Attack> = {
  'frame bytes': (victims, random) => {
    const [frame, other] = [random.pick(victims.heard), random.pick(victims.heard)];
    victims.attack(random.pick(victims.engines), mutateBytes(frame, other, random));
  },
  'frame values': (victims, random) => {
    const frame = encodeCanonical(mutateCbor(decodeCanonical(random.pick(victims.heard)), random));
    victims.attack(random.pick(victims.engines), frame);
  },
  ...named(LEAF_TYPES, 'leaf', (type) => (victims, random) => {
    const samples = victims.leaves.get(type) ?? [];
    if (samples.length === 0) return;
    victims.attack(random.pick(victims.engines), signedAttack(victims, random.pick(samples), random));
  }),
  ...named(BUNDLE_KINDS, 'bundle', (kind) => (victims, random) => {
    const frame = bundleAttack(victims, kind, random);
    if (frame !== undefined) victims.attack(random.pick(victims.engines), frame);
  }),
  announcement: (victims, random) => victims.attack(random.pick(victims.engines), announcementAttack(victims, random)),
  'request bytes': async (victims, random) => {
    const bytes = encodeRequest(someRequest(random.pick(FETCH_KINDS), victims, random));
    const request = victims.read(() => decodeRequest(mutateBytes(bytes, random.pick(victims.heard), random)));
    // The last two never reach the engine: the network answers them itself.
    if (request === undefined || request.kind === 'push' || request.kind === 'addresses') return;
    await victims.ask(random.pick(victims.engines), request);
  },
  ...named(
    FETCH_KINDS,
    'request',
    (kind) => (victims, random) => victims.ask(random.pick(victims.engines), someRequest(kind, victims, random)),
  ),
  ...named(FETCH_KINDS, 'answer', (kind) => (victims, random) => {
    victims.lie = (request, honest) => {
      if (request.kind !== kind || random.chance(0.1)) return random.chance(0.5) ? honest : undefined;
      return random.chance(0.3) ? mutateBytes(honest, random.pick(victims.heard), random) : lyingAnswer(honest, random);
    };
    const engine = random.pick(victims.engines);
    engine.onPeer(victims.attackerKey, random.chance(0.9));
  }),
};

function lyingAnswer(honest: Uint8Array, random: SeededRandom): Uint8Array {
  return encodeCanonical(mutateCbor(decodeCanonical(honest), random));
}

function named<T extends string>(kinds: readonly T[], what: string, make: (kind: T) => Attack): Record<string, Attack> {
  return Object.fromEntries(kinds.map((kind) => [`${what} ${kind}`, make(kind)]));
}

function someRequest(kind: FetchKind, { taskIds }: Victims, random: SeededRandom): FetchRequest {
  const taskId = random.chance(0.7) ? random.pick(taskIds) : Buffer.from(random.bytes(32)).toString('hex');
  switch (kind) {
    case 'leaves':
      return { kind, taskId, digests: random.chance(0.5) ? null : [taskId] };
    case 'reports':
      return { kind, digests: Array.from({ length: random.integer(0, 3) }, () => taskId) };
    case 'results':
      return { kind, cursor: random.integer(0, 10) };
    default:
      return { kind, taskId } as FetchRequest;
  }
}
