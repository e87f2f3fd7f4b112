import type { Connection } from '@libp2p/interface';
import type { Clock, PeerKey } from '../engine/ports.ts';
import { type Committee, indexOfKey } from '../protocol/committee.ts';
import type { AddressBook } from './address-book.ts';
import { every } from './clock.ts';
import type { NetworkCounters } from './counters.ts';
import { keyOfPeer } from './identity.ts';
import { DIAL_BACKOFF_MAX_MS, DIAL_BACKOFF_MIN_MS, DIAL_TICK_MS, DIAL_TURN_MS, STEADY_MS } from './limits.ts';
import type { Peer, PeerTable } from './peer-table.ts';

/** Failed dials of a key after which an anonymous address that it had may have got a new owner. */
const MOVED_AFTER_FAILURES = 3;

interface DialerParts {
  committee: Committee;
  ownKey: PeerKey;
  book: AddressBook;
  peers: PeerTable;
  counters: NetworkCounters;
  clock: Clock;
  /** Kept out for now: not dialled either. */
  isBanned(key: PeerKey): boolean;
  /** Dials addresses of one peer; resolves with the connection, rejects with the reason. */
  dial(addresses: readonly string[]): Promise<Connection>;
}

/** One peer, or one address of nobody known yet, that is to be connected for ever. */
interface Target {
  failures: number;
  notBeforeMs: number;
  /** Since when the peer is missing. */
  missingSinceMs: number;
  dialling: boolean;
  /** For an anonymous address: whose it was last. */
  key: PeerKey | undefined;
}

/**
 * Keeps the node connected with every validator of which an address is known. libp2p itself neither dials peers
 * that it hears of nor keeps on redialling lost ones.
 *
 * Of two validators the one with the lower key dials, since connections from both sides break gossip when one of
 * them closes. The other one dials after DIAL_TURN_MS: the first may not know where to.
 */
export class Dialer {
  readonly #parts: DialerParts;
  readonly #targets = new Map<string, Target>();
  #stopTicking = () => {};
  #stopped = false;

  constructor(parts: DialerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#stopTicking = every(this.#parts.clock, DIAL_TICK_MS, () => this.#tick());
    this.#tick();
  }

  stop(): void {
    this.#stopped = true;
    this.#stopTicking();
  }

  lost(peer: Peer): void {
    const now = this.#parts.clock.nowMs();
    const target = this.#target(peer.key);
    target.missingSinceMs = now;
    if (now - peer.connectedAtMs >= STEADY_MS) target.failures = 0;
    this.#backOff(target);
  }

  #tick(): void {
    if (this.#stopped) return;
    const { book, peers, isBanned } = this.#parts;
    for (const key of book.keys()) {
      const target = this.#target(key);
      if (peers.get(key) === undefined && !isBanned(key) && this.#isTurn(key, target))
        this.#dial(target, book.addressesOf(key));
    }
    for (const address of book.anonymous()) {
      const target = this.#target(address);
      if (target.key === undefined || this.#mayHaveMoved(target.key)) this.#dial(target, [address]);
    }
  }

  #isTurn(key: PeerKey, target: Target): boolean {
    const { committee, ownKey, clock } = this.#parts;
    if (ownKey < key || indexOfKey(committee, ownKey) === undefined) return true;
    return clock.nowMs() - target.missingSinceMs >= DIAL_TURN_MS;
  }

  #mayHaveMoved(key: PeerKey): boolean {
    return this.#parts.peers.get(key) === undefined && this.#target(key).failures >= MOVED_AFTER_FAILURES;
  }

  #dial(target: Target, addresses: readonly string[]): void {
    const { clock, counters, dial } = this.#parts;
    if (target.dialling || clock.nowMs() < target.notBeforeMs || addresses.length === 0) return;
    target.dialling = true;
    counters.dials += 1;
    dial(addresses)
      .then(
        (connection) => this.#reached(target, connection),
        (error: Error) => this.#failed(target, addresses[0]!, error),
      )
      .finally(() => {
        target.dialling = false;
      });
  }

  #reached(target: Target, connection: Connection): void {
    const key = keyOfPeer(connection.remotePeer);
    if (key === undefined) return;
    target.key = key;
    this.#parts.book.reached(key, connection.remoteAddr.toString());
  }

  #failed(target: Target, address: string, error: Error): void {
    this.#parts.counters.dialsFailed += 1;
    if (error.name === 'InvalidPeerIdError') this.#parts.book.forgetAnonymous(address); // it is this node itself
    this.#backOff(target);
  }

  /** Full jitter over the upper half: nodes that lost each other at once do not meet at once again. */
  #backOff(target: Target): void {
    const wait = Math.min(DIAL_BACKOFF_MIN_MS * 2 ** target.failures, DIAL_BACKOFF_MAX_MS);
    target.notBeforeMs = this.#parts.clock.nowMs() + wait * (0.5 + Math.random() / 2);
    target.failures += 1;
  }

  #target(name: string): Target {
    const known = this.#targets.get(name);
    if (known !== undefined) return known;
    const missingSinceMs = this.#parts.clock.nowMs();
    const target = { failures: 0, notBeforeMs: 0, missingSinceMs, dialling: false, key: undefined };
    this.#targets.set(name, target);
    return target;
  }
}
