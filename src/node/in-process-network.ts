import type { ConnectedPeer, Network, NetworkHandlers, PeerKey } from '../engine/ports.ts';
import type { NetworkStatus } from '../network/libp2p-network.ts';
import type { PeerStanding } from '../network/peer-score.ts';
import { ValidationError } from '../protocol/errors.ts';
import {
  decodeRequest,
  decodeResponse,
  encodeAnswer,
  encodeRequest,
  type FetchAnswer,
  type FetchRequest,
  type FetchResponse,
} from '../protocol/fetch.ts';

/** A network that a node runs on, as far as the node cares. */
export interface NetworkHost extends Network {
  listenAddresses(): readonly string[];
  /** What is held against peers, the worst first; left out by a network that keeps nobody out. */
  standings?(): readonly PeerStanding[];
  /** What it counted; left out by a network without connections. */
  status?(): NetworkStatus;
  stop(): Promise<void>;
}

/** Connects nodes of one process: the same bytes as on the wire, each delivered in a turn of its own. */
export class InProcessHub {
  readonly #validators: readonly PeerKey[];
  readonly #hosts = new Map<PeerKey, InProcessHost>();

  /** @param validators public keys in the committee's order */
  constructor(validators: readonly PeerKey[]) {
    this.#validators = validators;
  }

  /** Adds a node, and tells everybody of it. */
  join(key: PeerKey, handlers: NetworkHandlers): NetworkHost {
    const host = new InProcessHost(this, key, handlers);
    this.#hosts.set(key, host);
    for (const other of this.others(key)) {
      queueMicrotask(() => handlers.onPeer(other.key, true));
      queueMicrotask(() => other.handlers.onPeer(key, true));
    }
    return host;
  }

  leave(key: PeerKey): void {
    this.#hosts.delete(key);
    for (const other of this.#hosts.values()) other.handlers.onPeer(key, false);
  }

  others(key: PeerKey): InProcessHost[] {
    return [...this.#hosts.values()].filter((host) => host.key !== key);
  }

  host(key: PeerKey): InProcessHost | undefined {
    return this.#hosts.get(key);
  }

  indexOf(key: PeerKey): number | null {
    const index = this.#validators.indexOf(key);
    return index < 0 ? null : index;
  }
}

class InProcessHost implements NetworkHost {
  readonly key: PeerKey;
  readonly handlers: NetworkHandlers;
  readonly #hub: InProcessHub;
  readonly #joinedAtMs = Date.now();
  #left = false;

  constructor(hub: InProcessHub, key: PeerKey, handlers: NetworkHandlers) {
    this.#hub = hub;
    this.key = key;
    this.handlers = handlers;
  }

  broadcast(frame: Uint8Array): void {
    for (const other of this.#hub.others(this.key)) this.#deliver(other.key, frame);
  }

  send(peer: PeerKey, frame: Uint8Array): void {
    this.#deliver(peer, frame);
  }

  async request(peer: PeerKey, request: FetchRequest): Promise<FetchResponse> {
    const host = this.#left ? undefined : this.#hub.host(peer);
    if (host === undefined) throw new ValidationError('this peer is not connected', 'UNREACHABLE');
    const answer = await host.#answer(decodeRequest(encodeRequest(request)), this.key);
    return decodeResponse(encodeAnswer(answer), request.kind);
  }

  /** Addresses and pushes are the network's own matter; the rest is the node's. */
  async #answer(request: FetchRequest, from: PeerKey): Promise<FetchAnswer> {
    if (request.kind === 'addresses') return { kind: 'addresses', addresses: [...this.listenAddresses()] };
    if (request.kind === 'push') {
      this.handlers.onFrame(request.frame, from);
      return { kind: 'push' };
    }
    try {
      return await this.handlers.onRequest(request, from);
    } catch (cause) {
      throw new ValidationError('this peer gave no answer', 'UNREACHABLE', {}, cause);
    }
  }

  peers(): readonly ConnectedPeer[] {
    return this.#hub.others(this.key).map(({ key }) => {
      const validatorIndex = this.#hub.indexOf(key);
      return { key, validatorIndex, address: '/memory', connectedAtMs: this.#joinedAtMs, latencyMs: 0, agent: null };
    });
  }

  /** Nodes of one process trust the process; there is nobody to keep out. */
  report(): void {}

  listenAddresses(): readonly string[] {
    return [];
  }

  async stop(): Promise<void> {
    this.#left = true;
    this.#hub.leave(this.key);
  }

  #deliver(peer: PeerKey, frame: Uint8Array): void {
    setImmediate(() => {
      if (!this.#left) this.#hub.host(peer)?.handlers.onFrame(frame, this.key);
    });
  }
}
