import type { Connection } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import type { Clock, Logger, NetworkHandlers, Offence, PeerKey, Verdict } from '../engine/ports.ts';
import { type Committee, indexOfKey } from '../protocol/committee.ts';
import type { FetchRequest } from '../protocol/fetch.ts';
import { GOSSIP_BYTES_MAX } from '../protocol/limits.ts';
import type { AddressBook } from './address-book.ts';
import { Admission, type ObserverPolicy } from './admission.ts';
import type { NetworkCounters } from './counters.ts';
import { Dialer } from './dialer.ts';
import { Discovery } from './discovery.ts';
import { Gossip, topicOf } from './gossip.ts';
import type { Identity } from './identity.ts';
import { createNode, type Libp2pNode } from './libp2p-node.ts';
import { DIAL_TIMEOUT_MS, PING_TIMEOUT_MS } from './limits.ts';
import { PeerBudgets } from './peer-budget.ts';
import { PeerScores, SHUT_OUT_SCORE } from './peer-score.ts';
import { hangUp, openConnection, type Peer, PeerTable } from './peer-table.ts';
import { Requester } from './requester.ts';
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

interface Base extends NetworkOptions {
  clock: Clock;
  identity: Identity;
  book: AddressBook;
  counters: NetworkCounters;
  handlers: NetworkHandlers;
}

/** All that one host consists of. */
export type Parts = Awaited<ReturnType<typeof wire>>;

/** Builds every part of a host and ties them together; nothing runs yet. */
export async function wire(base: Base) {
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
  const scores = new PeerScores({
    clock,
    logger,
    isValidator: (key) => indexOfKey(committee, key) !== undefined,
    // Not at once: the offence was found while libp2p was handing something over.
    onBan: (key, offence) => setImmediate(() => hangUpKey(peers, key, offence)),
  });
  const isBanned = (key: PeerKey) => scores.isBanned(key);
  const budgets = new PeerBudgets({
    clock,
    isThrottled: (key) => scores.isThrottled(key),
    onFlood: (key) => scores.add(key, 'flood'),
  });
  const admission = new Admission({ committee, ownKey, observers, peers, isBanned, counters });
  const node = await createNode({
    ...base,
    gater: admission.gater,
    peersMax: committee.validators.length + observers.max,
    knownAddresses: book.all(),
    gossip: { topic, committeeSize: committee.validators.length, scoreOf: (key) => scores.score(key) },
  });
  const judge = (frame: Uint8Array, from: PeerKey) => takeFrame({ ...base, scores, budgets }, frame, from);
  const gossip = new Gossip({ service: node.services.gossip, topic, committee, ownKey, counters, logger, judge });
  // Gossip adds these to its own account, but knows only peers that take part in it.
  const scoreOf = (key: PeerKey) => Math.min(gossip.scoreOf(key), scores.score(key));
  const streams = { scores, counters, stopping: stopping.signal };
  const requester = new Requester({ peers, ...streams });
  const responder = new Responder({
    ...{ handlers, logger, budgets, ...streams },
    takePush: judge,
    addresses: () => [...ownAddresses(node), ...book.all()],
    isShutOut: (key) => isBanned(key) || scoreOf(key) <= SHUT_OUT_SCORE,
  });
  const dial = dialWith(node, stopping.signal);
  const dialer = new Dialer({ committee, ownKey, book, peers, counters, clock, isBanned, dial });
  const isSubscribed = (peer: Peer) => gossip.isSubscribed(peer.key);
  const ping = pingWith(node, stopping.signal);
  const watchdog = new Watchdog({ peers, counters, clock, logger, isSubscribed, ping });
  const wanted = committee.validators.map(({ publicKey }) => publicKey).filter((key) => key !== ownKey);
  const request = (key: PeerKey, asked: FetchRequest) => requester.request(key, asked);
  const discovery = new Discovery({ wanted, book, peers, clock, request });
  const running = { gossip, requester, responder, dialer, watchdog, discovery };
  return { ...base, ...running, stopping, peers, admission, node, scores, scoreOf };
}

type FrameParts = Pick<Base, 'counters' | 'handlers' | 'logger'> & { scores: PeerScores; budgets: PeerBudgets };

/** The one way in for frames: what comes from a peer that is kept out, or beyond its budget, is not even read. */
function takeFrame({ counters, handlers, logger, scores, budgets }: FrameParts, frame: Uint8Array, from: PeerKey) {
  counters.framesIn += 1;
  counters.bytesIn += frame.length;
  if (scores.isBanned(from)) return 'ignore';
  if (!budgets.takeFrame(from, frame.length)) {
    counters.framesOverBudget += 1;
    return 'ignore';
  }
  const isOversize = frame.length > GOSSIP_BYTES_MAX;
  if (isOversize) scores.add(from, 'oversize-frame');
  const verdict: Verdict = isOversize ? 'reject' : (guarded(logger, () => handlers.onFrame(frame, from)) ?? 'ignore');
  if (verdict === 'reject') counters.framesRejected += 1;
  return verdict;
}

function hangUpKey(peers: PeerTable, key: PeerKey, offence: Offence): void {
  const peer = peers.get(key);
  if (peer !== undefined) hangUp(peer, `kept out: ${offence}`);
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

/** Keeps the table of peers and the address book by what libp2p tells. */
export function listenToNode({ node, admission, peers, book, discovery, logger }: Parts): void {
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

export function ownAddresses(node: Libp2pNode): string[] {
  return node.getMultiaddrs().map((address) => address.toString());
}
