import { createHash } from 'node:crypto';
import { noise } from '@chainsafe/libp2p-noise';
import type { Libp2p } from '@libp2p/interface';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import type { Logger, PeerKey } from '../../src/engine/ports.ts';
import { identityOf } from '../../src/network/identity.ts';
import { createLibp2pNetwork, type NetworkHost, type NetworkOptions } from '../../src/network/libp2p-network.ts';
import { toHex } from '../../src/protocol/bytes.ts';
import { type Committee, createCommittee } from '../../src/protocol/committee.ts';
import { createSigner } from '../../src/protocol/ed25519.ts';
import { DEVNET_TIMERS } from '../../src/protocol/genesis.ts';
import { RecordingHandlers, until } from '../contract/network.ts';

export const LISTEN = '/ip4/127.0.0.1/tcp/0';

/** The secret of number n; equal in every run, so that the order of keys is. */
export function seedOf(n: number): Uint8Array {
  return createHash('sha256').update(`network test ${n}`).digest();
}

export function keyOf(n: number): PeerKey {
  return toHex(createSigner(seedOf(n)).publicKey);
}

/** Validators 0 to size-1; by ascending key, so that a lower number dials. */
export function committeeOf(size: number): Committee {
  const validators = validatorNumbers(size).map((n) => ({ publicKey: keyOf(n), weight: 1 }));
  const rules = {
    kind: 'devnet' as const,
    minConfidencePpm: 700_000,
    consensusThresholdPpm: 700_000,
    requiredValidators: 1,
    minModelFamilies: 1,
    timers: DEVNET_TIMERS,
  };
  return createCommittee({ name: 'network test', createdAt: 1, validators, rules });
}

/** The numbers of seeds whose keys form the committee, by ascending key. */
export function validatorNumbers(size: number): number[] {
  return Array.from({ length: size }, (_, n) => n).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

export const quiet: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: (_, message) => console.error(message),
};

/** Hosts and bare libp2p nodes of one test; `stop` ends them all. */
export class Cluster {
  readonly committee: Committee;
  readonly #seeds: Uint8Array[];
  readonly #running = new Set<{ stop(): Promise<void> | void }>();

  constructor(size: number) {
    this.committee = committeeOf(size);
    this.#seeds = validatorNumbers(size).map(seedOf);
  }

  /** The validator at a place of the committee, or an observer with a secret of its own. */
  async start(who: number | Uint8Array, options: Partial<NetworkOptions> = {}, handlers = new RecordingHandlers()) {
    const host: NetworkHost = await createLibp2pNetwork(
      {
        seed: typeof who === 'number' ? this.#seeds[who]! : who,
        committee: this.committee,
        listen: [LISTEN],
        peers: [],
        observers: { max: 0, allow: 'any' },
        logger: quiet,
        agentVersion: 'pheme/test',
        ...options,
      },
      handlers,
    );
    this.#running.add(host);
    return { host, handlers, address: host.listenAddresses()[0]! };
  }

  /** Two validators that hear each other; the first is the one that is dialled. */
  async startPair() {
    const first = await this.start(1);
    const second = await this.start(0, { peers: [first.address] });
    await meshed([first.host, second.host]);
    return { first, second };
  }

  /** A libp2p node that knows none of our protocols and keeps no rule of ours. */
  async startBare(seed: Uint8Array): Promise<Libp2p> {
    const { privateKey } = await identityOf(seed);
    const node = await createLibp2p({
      privateKey,
      addresses: { listen: [LISTEN] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionMonitor: { enabled: false },
    });
    this.adopt(node);
    return node;
  }

  seed(place: number): Uint8Array {
    return this.#seeds[place]!;
  }

  key(place: number): PeerKey {
    return this.committee.validators[place]!.publicKey;
  }

  adopt(running: { stop(): Promise<void> | void }): void {
    this.#running.add(running);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running].map((running) => running.stop()));
    this.#running.clear();
  }
}

/** Waits until every host hears each of the others by gossip. */
export async function meshed(hosts: readonly NetworkHost[], timeoutMs = 8_000): Promise<void> {
  const enough = hosts.length - 1;
  await until(
    () => hosts.every((host) => host.peers().length >= enough && host.status().meshPeers >= Math.min(enough, 4)),
    () => JSON.stringify(hosts.map((host) => [host.peers().length, host.status().meshPeers])),
    timeoutMs,
  );
}
