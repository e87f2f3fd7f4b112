import type { Connection, PeerId } from '@libp2p/interface';
import type { Clock, ConnectedPeer, PeerKey } from '../engine/ports.ts';
import { type Committee, indexOfKey } from '../protocol/committee.ts';
import { keyOfPeer } from './identity.ts';
import { AGENT_CHARS_MAX, CONNECTIONS_PER_PEER_MAX } from './limits.ts';

/** A connected peer, and what the node learnt of it. */
export interface Peer {
  readonly key: PeerKey;
  readonly peerId: PeerId;
  readonly validatorIndex: number | null;
  /** Oldest first; never empty while the peer is in the table. */
  readonly connections: Connection[];
  readonly connectedAtMs: number;
  latencyMs: number | null;
  agent: string | null;
}

export interface PeerTableEvents {
  onConnected(peer: Peer): void;
  /** One of several connections closed. */
  onReduced(peer: Peer): void;
  onLost(peer: Peer): void;
}

/** All connected peers by key, kept from the events of connections. */
export class PeerTable {
  readonly #committee: Committee;
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #events: PeerTableEvents;
  readonly #peers = new Map<PeerKey, Peer>();

  constructor(committee: Committee, clock: Pick<Clock, 'nowMs'>, events: PeerTableEvents) {
    this.#committee = committee;
    this.#clock = clock;
    this.#events = events;
  }

  get(key: PeerKey): Peer | undefined {
    return this.#peers.get(key);
  }

  all(): Peer[] {
    return [...this.#peers.values()];
  }

  observerCount(): number {
    return this.all().filter((peer) => peer.validatorIndex === null).length;
  }

  connectionCount(): number {
    return this.all().reduce((sum, peer) => sum + peer.connections.length, 0);
  }

  opened(connection: Connection): void {
    const key = keyOfPeer(connection.remotePeer);
    if (key === undefined || connection.status !== 'open') return;
    const known = this.#peers.get(key);
    const peer = known ?? this.#newPeer(key, connection.remotePeer);
    peer.connections.push(connection);
    this.#peers.set(key, peer);
    if (known === undefined) this.#events.onConnected(peer);
    // A peer that connects again lost the connections it had, whatever they look like from here.
    if (peer.connections.length > CONNECTIONS_PER_PEER_MAX)
      peer.connections[0]!.abort(new Error('replaced by a newer connection'));
  }

  closed(connection: Connection): void {
    const key = keyOfPeer(connection.remotePeer);
    const peer = key === undefined ? undefined : this.#peers.get(key);
    const position = peer?.connections.indexOf(connection) ?? -1;
    if (peer === undefined || position < 0) return;
    peer.connections.splice(position, 1);
    if (peer.connections.length > 0) {
      this.#events.onReduced(peer);
    } else {
      this.#peers.delete(peer.key);
      this.#events.onLost(peer);
    }
  }

  identified(peerId: PeerId, agent: string | undefined): Peer | undefined {
    const key = keyOfPeer(peerId);
    const peer = key === undefined ? undefined : this.#peers.get(key);
    if (peer !== undefined && agent !== undefined) peer.agent = printable(agent);
    return peer;
  }

  #newPeer(key: PeerKey, peerId: PeerId): Peer {
    const validatorIndex = indexOfKey(this.#committee, key) ?? null;
    return {
      key,
      peerId,
      validatorIndex,
      connections: [],
      connectedAtMs: this.#clock.nowMs(),
      latencyMs: null,
      agent: null,
    };
  }
}

/** The newest connection that still takes streams. */
export function openConnection(peer: Peer): Connection | undefined {
  return peer.connections.findLast((connection) => connection.status === 'open');
}

/** Ends all connections to a peer at once; the table learns of it by their events. */
export function hangUp(peer: Peer, reason: string): void {
  for (const connection of [...peer.connections]) connection.abort(new Error(reason));
}

export function describePeer({
  key,
  validatorIndex,
  connections,
  connectedAtMs,
  latencyMs,
  agent,
}: Peer): ConnectedPeer {
  return { key, validatorIndex, address: connections.at(-1)!.remoteAddr.toString(), connectedAtMs, latencyMs, agent };
}

/** Text of a peer without anything that a terminal or a page could take for more than text. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, AGENT_CHARS_MAX);
}
