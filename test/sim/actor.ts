import type { Engine } from '../../src/engine/engine.ts';
import type { Network, PeerKey } from '../../src/engine/ports.ts';
import type { Authenticator } from '../../src/protocol/authenticator.ts';
import { signBatch } from '../../src/protocol/batch.ts';
import type { Committee } from '../../src/protocol/committee.ts';
import type { Signer } from '../../src/protocol/ed25519.ts';
import { encodeFrame } from '../../src/protocol/frame.ts';
import { encodeLeaf, type Leaf } from '../../src/protocol/leaf.ts';
import type { Attachment, Statement } from '../../src/protocol/signed-leaf.ts';
import type { SeededRandom } from './random.ts';

/** A leaf with its attachment, unsigned so far. */
export interface Said {
  leaf: Leaf;
  attachment: Attachment;
}

/**
 * What a Byzantine validator has in hand: a real key, a place in the network, and an engine of its own that it may
 * listen to, overrule or ignore. It says whatever it likes, under its own signature.
 */
export class Actor {
  readonly index: number;
  readonly committee: Committee;
  readonly random: SeededRandom;
  readonly authenticator: Authenticator;
  engine: Engine | null = null;
  /** Key of the validator that the adversary cuts off, if any. */
  readonly victim: PeerKey | null;
  readonly signer: Signer;
  readonly #network: Network;
  /** Frames that it once heard. */
  readonly memory: Uint8Array[] = [];
  readonly #done = new Map<string, number>();
  #nonce = 0;

  constructor(
    place: { index: number; committee: Committee; signer: Signer; victim: PeerKey | null },
    network: Network,
    random: SeededRandom,
    authenticator: Authenticator,
  ) {
    this.index = place.index;
    this.victim = place.victim;
    this.committee = place.committee;
    this.signer = place.signer;
    this.#network = network;
    this.random = random;
    this.authenticator = authenticator;
  }

  get key(): string {
    return this.committee.validators[this.index]!.publicKey;
  }

  /** True the first `times` times that it is asked about something: no attack goes on for ever. */
  once(what: string, times = 1): boolean {
    const count = (this.#done.get(what) ?? 0) + 1;
    this.#done.set(what, count);
    return count <= times;
  }

  /** Signs statements and sends them to these peers, or to all. */
  say(said: readonly Said[], to?: readonly PeerKey[]): void {
    if (said.length > 0) this.sendFrame(this.#signed(said, this.index), to);
  }

  /** The same under another validator's name, with the only key that it has. */
  forge(said: readonly Said[], name: number): void {
    this.sendFrame(this.#signed(said, name));
  }

  sendFrame(frame: Uint8Array, to?: readonly PeerKey[]): void {
    if (to === undefined) return this.#network.broadcast(frame);
    for (const peer of to) this.#network.send(peer, frame);
  }

  peers(): PeerKey[] {
    return this.#network.peers().map(({ key }) => key);
  }

  nextNonce(): number {
    return this.#nonce++;
  }

  #signed(said: readonly Said[], validatorIndex: number): Uint8Array {
    const statements = said.map(({ leaf, attachment }) => {
      return { leaf, attachment, bytes: encodeLeaf(leaf) } as Statement & { bytes: Uint8Array };
    });
    const leaves = statements.map(({ bytes }) => bytes);
    const batch = signBatch(this.committee.configDigest, validatorIndex, leaves, this.signer);
    return encodeFrame({ batch: { validatorIndex, batch, repeat: false, statements } }, this.nextNonce());
  }
}
