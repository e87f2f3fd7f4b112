import type { Clock, PeerKey } from '../engine/ports.ts';
import type { FetchRequest, FetchResponse } from '../protocol/fetch.ts';
import type { AddressBook } from './address-book.ts';
import { ADDRESSES_REFRESH_MS, ADDRESSES_SEARCH_MS, WATCH_MS } from './limits.ts';
import { every } from './clock.ts';
import type { PeerTable } from './peer-table.ts';

interface DiscoveryParts {
  /** The committee's keys without the node's own. */
  wanted: readonly PeerKey[];
  book: AddressBook;
  peers: PeerTable;
  clock: Clock;
  request(key: PeerKey, request: FetchRequest): Promise<FetchResponse>;
}

/** Asks connected validators for the addresses of the others, so that one address suffices to find them all. */
export class Discovery {
  readonly #parts: DiscoveryParts;
  readonly #askAtMs = new Map<PeerKey, number>();
  #stopAsking = () => {};

  constructor(parts: DiscoveryParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#stopAsking = every(this.#parts.clock, WATCH_MS, () => this.#askAll());
  }

  stop(): void {
    this.#stopAsking();
  }

  lost(key: PeerKey): void {
    this.#askAtMs.delete(key);
  }

  #askAll(): void {
    const { wanted, peers, clock } = this.#parts;
    const now = clock.nowMs();
    const isComplete = wanted.every((key) => peers.get(key) !== undefined);
    for (const { key, validatorIndex } of peers.all()) {
      if (validatorIndex === null || now < (this.#askAtMs.get(key) ?? 0)) continue;
      this.#askAtMs.set(key, now + (isComplete ? ADDRESSES_REFRESH_MS : ADDRESSES_SEARCH_MS));
      void this.#ask(key);
    }
  }

  async #ask(key: PeerKey): Promise<void> {
    try {
      const answer = await this.#parts.request(key, { kind: 'addresses' });
      if (answer.kind === 'addresses') this.#parts.book.learn(answer.addresses);
    } catch {
      // Counted by the requester; the peer is asked again.
    }
  }
}
