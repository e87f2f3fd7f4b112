import type { Stream } from '@libp2p/interface';
import type { Clock, Logger, PeerKey } from '../engine/ports.ts';
import { every } from './clock.ts';
import type { NetworkCounters } from './counters.ts';
import {
  DEAF_AT_FIRST_MS,
  DEAF_CAP_MS,
  DEAF_LATER_MS,
  PING_EVERY_MS,
  PINGS_FAILED_MAX,
  STEADY_MS,
  WATCH_MS,
} from './limits.ts';
import { hangUp, type Peer, type PeerTable } from './peer-table.ts';

const GOSSIP_PROTOCOLS = '/meshsub/';

interface WatchdogParts {
  peers: PeerTable;
  counters: NetworkCounters;
  clock: Clock;
  logger: Logger;
  /** True if gossip has heard that the peer subscribes to the topic. */
  isSubscribed(peer: Peer): boolean;
  /** Round-trip time in milliseconds; rejects if there is no answer in time. */
  ping(peer: Peer): Promise<number>;
}

interface Watch {
  /** Which connection of the peer this is about: a new one starts anew. */
  connectedAtMs: number;
  /** Time without hearing, in steps of the watchdog: those in which this process itself hung count once. */
  deafMs: number;
  wasHeard: boolean;
  /** A connection closed under the others: its gossip streams are gone for good. */
  suspect: boolean;
  pingAtMs: number;
  pingsFailed: number;
}

/**
 * Finds peers that are connected and deaf. Gossip opens one stream a direction when a peer appears, and never again:
 * after a reset, after the wrong one of two connections closed, or after the other process was stopped for a while,
 * nothing arrives any more and nothing tells. Then the peer is hung up; the dialer connects it anew.
 */
export class Watchdog {
  readonly #parts: WatchdogParts;
  readonly #watches = new Map<PeerKey, Watch>();
  /** Healings in a row; each doubles the patience, so that a peer without gossip is not hung up all the time. */
  readonly #heals = new Map<PeerKey, number>();
  #stopWatching = () => {};
  #lastTickMs = 0;
  /** Ticks that came late: this process was busy or stopped, and judges nobody by its own delay. */
  #lateTicks = 0;

  constructor(parts: WatchdogParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#lastTickMs = this.#parts.clock.nowMs();
    this.#stopWatching = every(this.#parts.clock, WATCH_MS, () => this.#tick());
  }

  stop(): void {
    this.#stopWatching();
  }

  /** One of several connections to the peer closed. */
  suspect(peer: Peer): void {
    this.#of(peer).suspect = true;
  }

  lost(peer: Peer): void {
    this.#watches.delete(peer.key);
  }

  #tick(): void {
    const now = this.#parts.clock.nowMs();
    if (now - this.#lastTickMs > 2 * WATCH_MS) this.#lateTicks += 1;
    this.#lastTickMs = now;
    for (const peer of this.#parts.peers.all()) this.#watch(peer, now);
  }

  #watch(peer: Peer, now: number): void {
    const watch = this.#of(peer);
    if (this.#hears(peer)) {
      watch.deafMs = 0;
      watch.wasHeard = true;
      watch.suspect = false;
      if (now - peer.connectedAtMs >= STEADY_MS) this.#heals.delete(peer.key);
    } else {
      watch.deafMs += WATCH_MS;
      this.#parts.counters.deafMs += WATCH_MS;
    }
    const fault = this.#faultOf(peer, watch);
    if (fault !== undefined) this.#heal(peer, fault);
    else if (now >= watch.pingAtMs) this.#ping(peer, watch);
  }

  #faultOf(peer: Peer, watch: Watch): string | undefined {
    const { deafMs, suspect, pingsFailed } = watch;
    const patienceMs = suspect ? WATCH_MS : this.#patienceMs(peer, watch);
    if (deafMs >= patienceMs) return 'deaf to gossip';
    return pingsFailed >= PINGS_FAILED_MAX ? 'no answer to pings' : undefined;
  }

  #hears(peer: Peer): boolean {
    const streams = peer.connections.flatMap((connection) => connection.streams);
    const gossip = streams.filter((stream) => stream.protocol.startsWith(GOSSIP_PROTOCOLS));
    return gossip.some(isSpeaking) && gossip.some(isListening) && this.#parts.isSubscribed(peer);
  }

  #patienceMs(peer: Peer, { wasHeard }: Watch): number {
    return Math.min((wasHeard ? DEAF_LATER_MS : DEAF_AT_FIRST_MS) * 2 ** (this.#heals.get(peer.key) ?? 0), DEAF_CAP_MS);
  }

  #heal(peer: Peer, reason: string): void {
    const { counters, logger } = this.#parts;
    counters.deafHeals += 1;
    this.#heals.set(peer.key, (this.#heals.get(peer.key) ?? 0) + 1);
    logger.debug({ peer: peer.key, reason }, 'hung up a peer to connect it anew');
    hangUp(peer, reason);
  }

  #ping(peer: Peer, watch: Watch): void {
    watch.pingAtMs = Number.POSITIVE_INFINITY;
    const lateTicks = this.#lateTicks;
    this.#parts
      .ping(peer)
      .then(
        (latencyMs) => {
          peer.latencyMs = latencyMs;
          watch.pingsFailed = 0;
        },
        () => {
          if (lateTicks === this.#lateTicks) watch.pingsFailed += 1;
        },
      )
      .finally(() => {
        watch.pingAtMs = this.#parts.clock.nowMs() + PING_EVERY_MS;
      });
  }

  #of(peer: Peer): Watch {
    const known = this.#watches.get(peer.key);
    if (known?.connectedAtMs === peer.connectedAtMs) return known;
    const { connectedAtMs } = peer;
    const watch = {
      connectedAtMs,
      deafMs: 0,
      wasHeard: false,
      suspect: false,
      pingAtMs: 0,
      pingsFailed: 0,
    };
    this.#watches.set(peer.key, watch);
    return watch;
  }
}

function isSpeaking(stream: Stream): boolean {
  return stream.direction === 'outbound' && stream.status === 'open' && stream.writeStatus === 'writable';
}

function isListening(stream: Stream): boolean {
  return stream.direction === 'inbound' && stream.status === 'open' && stream.remoteWriteStatus === 'writable';
}
