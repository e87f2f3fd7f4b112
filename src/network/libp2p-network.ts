import type { Connection, PeerId } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import type { Clock, ConnectedPeer, Logger, Network, NetworkHandlers, PeerKey, Verdict } from '../engine/ports.ts';
import type { Committee } from '../protocol/committee.ts';
import type { FetchRequest, FetchResponse } from '../protocol/fetch.ts';
import { AddressBook } from './address-book.ts';
import { Admission, type ObserverPolicy } from './admission.ts';
import { systemClock } from './clock.ts';
import { createCounters, type NetworkCounters } from './counters.ts';
import { Dialer } from './dialer.ts';
import { Discovery } from './discovery.ts';
import { Gossip, topicOf } from './gossip.ts';
import { identityOf } from './identity.ts';
import { checkListenAddresses, createNode, type Libp2pNode, startNode } from './libp2p-node.ts';
import { DIAL_TIMEOUT_MS, PING_TIMEOUT_MS, REQUESTS_IN_MAX } from './limits.ts';
import { GRAYLIST_SCORE, PeerScores } from './peer-score.ts';
import { describePeer, hangUp, type Peer, PeerTable } from './peer-table.ts';
import { FETCH_PROTOCOL, Requester } from './requester.ts';
import { Responder } from './responder.ts';
import { Watchdog } from './watchdog.ts';

export interface NetworkOptions {
  /** The node's 32 secret bytes: its identity in the handshake. */
  seed: Uint8Array;
  committee: Committee;
  /** Multiaddrs, e.g. `/ip4/127.0.0.1/tcp/0`; none for a node that only dials. */
  listen: readonly string[];
  /** Multiaddrs of validators, with or without `/p2p/<peer id>`; the node's own is passed over. */
  peers: readonly string[];
  observers: ObserverPolicy;
  logger: Logger;
  clock?: Clock;
  /** What the node says it runs, e.g. `pheme/0.1.0`. */
  agentVersion: string;
}

export interface NetworkStatus extends NetworkCounters {
  connections: number;
  observers: number;
  /** Peers to which gossip is relayed. */
  meshPeers: number;
}

export interface NetworkHost extends Network {
  readonly peerKey: PeerKey;
  /** Where the node listens, with its peer id. */
  listenAddresses(): string[];
  status(): NetworkStatus;
  /** Zero or less; the sum of a connected peer's faults, which fade. */
  scoreOf(peer: PeerKey): number;
  /** Ends all connections and timers; resolves when nothing is left. May be called again. */
  stop(): Promise<void>;
}

/**
 * Starts a node of the validators' network.
 * @throws ValidationError `INVALID_CONFIG` (an address that cannot be one) or `LISTEN_FAILED`
 */
export async function createLibp2pNetwork(options: NetworkOptions, handlers: NetworkHandlers): Promise<NetworkHost> {
  const host = await Libp2pNetwork.create(options, handlers);
  await host.start();
  return host;
}
