import type { Clock, PeerKey } from '../engine/ports.ts';
import type { FetchRequest, FetchResponse } from '../protocol/fetch.ts';
import type { AddressBook } from './address-book.ts';
import { every } from './clock.ts';
import { ADDRESSES_REFRESH_MS, ADDRESSES_SEARCH_MS, WATCH_MS } from './limits.ts';
import type { Peer, PeerTable } from './peer-table.ts';

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
  #askAtMs = 0;
  /** Counts questions, so that all peers are asked in turn. */
  #turn = 0;
  #stopAsking = () => {};

  constructor(parts: DiscoveryParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#stopAsking = every(this.#parts.clock, WATCH_MS, () => this.#askNext());
  }

  stop(): void {
    this.#stopAsking();
  }

  /** A peer can be asked now. */
  met({ key, validatorIndex }: Peer): void {
    if (validatorIndex !== null) void this.#ask(key);
  }

  #askNext(): void {
    const { wanted, peers, clock } = this.#parts;
    const now = clock.nowMs();
    if (now < this.#askAtMs) return;
    const isComplete = wanted.every((key) => peers.get(key) !== undefined);
    this.#askAtMs = now + (isComplete ? ADDRESSES_REFRESH_MS : ADDRESSES_SEARCH_MS);
    const validators = peers.all().filter(({ validatorIndex }) => validatorIndex !== null);
    const next = validators[this.#turn++ % validators.length];
    if (next !== undefined) void this.#ask(next.key);
  }

  async #ask(key: PeerKey): Promise<void> {
    try {
      const answer = await this.#parts.request(key, { kind: 'addresses' });
      if (answer.kind === 'addresses') this.#parts.book.learn(answer.addresses);
    } catch {
      // Counted by the requester; another peer is asked next.
    }
  }
}
