import type { Connection } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import type { Clock, Logger, Network, NetworkHandlers, PeerKey, Verdict } from '../engine/ports.ts';
import type { Committee } from '../protocol/committee.ts';
import { AddressBook } from './address-book.ts';
import { Admission, type ObserverPolicy } from './admission.ts';
import { systemClock } from './clock.ts';
import { createCounters, type NetworkCounters } from './counters.ts';
import { Dialer } from './dialer.ts';
import { Discovery } from './discovery.ts';
import { Gossip, topicOf } from './gossip.ts';
import { type Identity, identityOf } from './identity.ts';
import { checkListenAddresses, createNode, type Libp2pNode, startNode } from './libp2p-node.ts';
import { DIAL_TIMEOUT_MS, PING_TIMEOUT_MS, REQUESTS_IN_MAX } from './limits.ts';
import { GRAYLIST_SCORE, PeerScores } from './peer-score.ts';
import { describePeer, openConnection, type Peer, PeerTable } from './peer-table.ts';
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

interface Base extends NetworkOptions {
  clock: Clock;
  identity: Identity;
  book: AddressBook;
  counters: NetworkCounters;
  handlers: NetworkHandlers;
}

type Parts = Awaited<ReturnType<typeof wire>>;

async function wire(base: Base) {
  const { committee, identity, book, counters, clock, logger, handlers, observers } = base;
  const { key: ownKey } = identity;
  const topic = topicOf(committee.networkId);
  const stopping = new AbortController();
  const tell = (peer: Peer, connected: boolean) => guarded(logger, () => handlers.onPeer(peer.key, connected));
  const peers: PeerTable = new PeerTable(committee, clock, {
    onConnected: (peer) => tell(peer, true),
    onReduced: (peer) => watchdog.suspect(peer),
    onLost: (peer) => {
      for (const part of [dialer, watchdog, requester]) part.lost(peer);
      tell(peer, false);
    },
  });
  const scores = new PeerScores(clock, logger);
  const admission = new Admission({ committee, ownKey, observers, peers, counters });
  const node = await createNode({
    ...base,
    gater: admission.gater,
    peersMax: committee.validators.length + observers.max,
    knownAddresses: book.all(),
    gossip: { topic, committeeSize: committee.validators.length, scoreOf: (key) => scores.score(key) },
  });
  const judge = (frame: Uint8Array, from: PeerKey) => takeFrame(base, frame, from);
  const gossip = new Gossip({ service: node.services.gossip, topic, counters, logger, judge });
  // Gossip adds the other faults to its own, but knows only peers that take part in it.
  const scoreOf = (key: PeerKey) => Math.min(gossip.scoreOf(key), scores.score(key));
  const requester = new Requester({ peers, scores, counters, stopping: stopping.signal });
  const responder = new Responder({
    handlers,
    scores,
    counters,
    logger,
    stopping: stopping.signal,
    takePush: (frame, from) => judge(frame, from) === 'reject',
    addresses: () => [...ownAddresses(node), ...book.all()],
    isGraylisted: (key) => scoreOf(key) <= GRAYLIST_SCORE,
  });
  const dialer = new Dialer({ committee, ownKey, book, peers, counters, clock, dial: dialWith(node, stopping.signal) });
  const isSubscribed = (peer: Peer) => gossip.isSubscribed(peer.key);
  const watchdog = new Watchdog({
    peers,
    counters,
    clock,
    logger,
    isSubscribed,
    ping: pingWith(node, stopping.signal),
  });
  const wanted = committee.validators.map(({ publicKey }) => publicKey).filter((key) => key !== ownKey);
  const discovery = new Discovery({
    wanted,
    book,
    peers,
    clock,
    request: (key, request) => requester.request(key, request),
  });
  return {
    ...base,
    stopping,
    peers,
    admission,
    node,
    scoreOf,
    gossip,
    requester,
    responder,
    dialer,
    watchdog,
    discovery,
  };
}

function takeFrame({ counters, handlers, logger }: Base, frame: Uint8Array, from: PeerKey): Verdict {
  counters.framesIn += 1;
  counters.bytesIn += frame.length;
  const verdict = guarded(logger, () => handlers.onFrame(frame, from)) ?? 'ignore';
  if (verdict === 'reject') counters.framesRejected += 1;
  return verdict;
}

/** libp2p ends the process when a listener throws; a fault of ours costs a log line instead. */
function guarded<T>(logger: Logger, action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    logger.error({ error: (error as Error).message }, 'a handler of the network failed');
    return undefined;
  }
}

function listenToNode({ node, admission, peers, book, discovery, logger }: Parts): void {
  node.addEventListener('connection:open', ({ detail: connection }) =>
    guarded(logger, () => {
      if (admission.admits(connection)) peers.opened(connection);
      else connection.abort(new Error('refused'));
    }),
  );
  node.addEventListener('connection:close', ({ detail: connection }) =>
    guarded(logger, () => peers.closed(connection)),
  );
  node.addEventListener('peer:identify', ({ detail }) =>
    guarded(logger, () => {
      const peer = peers.identified(detail.peerId, detail.agentVersion);
      if (peer === undefined) return;
      book.replaceOwn(peer.key, detail.listenAddrs);
      discovery.met(peer);
    }),
  );
}

function dialWith(node: Libp2pNode, stopping: AbortSignal) {
  return (addresses: readonly string[]): Promise<Connection> => {
    const signal = AbortSignal.any([AbortSignal.timeout(DIAL_TIMEOUT_MS), stopping]);
    return node.dial(
      addresses.map((address) => multiaddr(address)),
      { signal },
    );
  };
}

function pingWith(node: Libp2pNode, stopping: AbortSignal) {
  return async (peer: Peer): Promise<number> => {
    const signal = AbortSignal.any([AbortSignal.timeout(PING_TIMEOUT_MS), stopping]);
    if (openConnection(peer) === undefined) throw new Error('the connection is closing');
    return node.services.ping.ping(peer.peerId, { signal });
  };
}

function ownAddresses(node: Libp2pNode): string[] {
  return node.getMultiaddrs().map((address) => address.toString());
}

function hostOf(parts: Parts): NetworkHost {
  const { node, peers, scoreOf, gossip, requester, counters, identity } = parts;
  let stopped: Promise<void> | undefined;
  return {
    peerKey: identity.key,
    broadcast: (frame) => gossip.publish(frame),
    send: (peer, frame) => requester.push(peer, frame),
    request: (peer, request) => requester.request(peer, request),
    peers: () => peers.all().map(describePeer),
    listenAddresses: () => ownAddresses(node),
    scoreOf,
    status: () => ({
      ...counters,
      connections: peers.connectionCount(),
      observers: peers.observerCount(),
      meshPeers: gossip.meshSize(),
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
