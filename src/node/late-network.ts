import type { ConnectedPeer, Network, Offence, PeerKey } from '../engine/ports.ts';
import type { FetchRequest, FetchResponse } from '../protocol/fetch.ts';

/**
 * The engine's network before there is one: the engine recovers first, so that nothing arrives before its journal is
 * read; then the real network is attached. What is said meanwhile reaches nobody, and is repeated; what is asked waits.
 */
export class LateNetwork implements Network {
  #network: Network | null = null;
  readonly #attached = Promise.withResolvers<Network>();

  attach(network: Network): void {
    this.#network = network;
    this.#attached.resolve(network);
  }

  broadcast(frame: Uint8Array): void {
    this.#network?.broadcast(frame);
  }

  send(peer: PeerKey, frame: Uint8Array): void {
    this.#network?.send(peer, frame);
  }

  async request(peer: PeerKey, request: FetchRequest): Promise<FetchResponse> {
    const network = await this.#attached.promise;
    return network.request(peer, request);
  }

  peers(): readonly ConnectedPeer[] {
    return this.#network?.peers() ?? [];
  }

  report(peer: PeerKey, offence: Offence): void {
    this.#network?.report(peer, offence);
  }
}
