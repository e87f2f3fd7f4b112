import type { Network, NetworkHandlers, Offence, PeerKey } from '../engine/ports.ts';
import { AddressBook } from './address-book.ts';
import { systemClock } from './clock.ts';
import { createCounters, type NetworkCounters } from './counters.ts';
import { identityOf } from './identity.ts';
import { checkListenAddresses, startNode } from './libp2p-node.ts';
import { REQUESTS_IN_MAX } from './limits.ts';
import type { PeerStanding } from './peer-score.ts';
import { describePeer } from './peer-table.ts';
import { FETCH_PROTOCOL } from './requester.ts';
import { listenToNode, type NetworkOptions, ownAddresses, type Parts, wire } from './wiring.ts';

export type { NetworkOptions } from './wiring.ts';

export interface NetworkStatus extends NetworkCounters {
  connections: number;
  observers: number;
  /** Peers to which gossip is relayed. */
  meshPeers: number;
  /** Since the start, by kind. */
  offences: Readonly<Record<Offence, number>>;
  /** Times that a peer was hung up and kept out. */
  bans: number;
}

export interface NetworkHost extends Network {
  readonly peerKey: PeerKey;
  /** Where the node listens, with its peer id. */
  listenAddresses(): string[];
  status(): NetworkStatus;
  /** Zero or less; the sum of a peer's offences, which fade. */
  scoreOf(peer: PeerKey): number;
  /** How peers stand that did something wrong lately, the worst first; banned ones among them. */
  standings(): PeerStanding[];
  /** Ends all connections and timers; resolves when nothing is left. May be called again. */
  stop(): Promise<void>;
}

/**
 * Starts a node of the validators' network.
 * @throws ValidationError `INVALID_CONFIG` (an address that cannot be one) or `LISTEN_FAILED`
 */
export async function createLibp2pNetwork(options: NetworkOptions, handlers: NetworkHandlers): Promise<NetworkHost> {
  checkListenAddresses(options.listen);
  const identity = await identityOf(options.seed);
  const book = new AddressBook(options.committee, identity.key);
  book.configure(options.peers);
  const base = {
    ...options,
    clock: options.clock ?? systemClock,
    identity,
    book,
    counters: createCounters(),
    handlers,
  };
  const parts = await wire(base);
  listenToNode(parts);
  const streams = { maxInboundStreams: REQUESTS_IN_MAX, maxOutboundStreams: REQUESTS_IN_MAX };
  await parts.node.handle(FETCH_PROTOCOL, (stream, connection) => parts.responder.handle(stream, connection), streams);
  await startNode(parts.node, options.listen);
  for (const part of [parts.gossip, parts.dialer, parts.watchdog, parts.discovery]) part.start();
  return hostOf(parts);
}

function hostOf(parts: Parts): NetworkHost {
  const { node, peers, scores, scoreOf, gossip, requester, counters, identity } = parts;
  let stopped: Promise<void> | undefined;
  return {
    peerKey: identity.key,
    broadcast: (frame) => gossip.publish(frame),
    send: (peer, frame) => requester.push(peer, frame),
    request: (peer, request) => requester.request(peer, request),
    peers: () => peers.all().map(describePeer),
    listenAddresses: () => ownAddresses(node),
    scoreOf,
    standings: () => scores.standings(),
    report: (peer, offence) => scores.add(peer, offence),
    status: () => ({
      ...counters,
      connections: peers.connectionCount(),
      observers: peers.observerCount(),
      meshPeers: gossip.meshSize(),
      offences: { ...scores.totals },
      bans: scores.bans,
    }),
    stop: () => {
      stopped ??= stop(parts);
      return stopped;
    },
  };
}

async function stop({
  stopping,
  dialer,
  watchdog,
  discovery,
  gossip,
  node,
  requester,
  responder,
}: Parts): Promise<void> {
  for (const part of [dialer, watchdog, discovery, gossip]) part.stop();
  stopping.abort();
  await node.stop();
  await Promise.all([requester.settled(), responder.settled()]);
}
