import type { GossipSub } from '@libp2p/gossipsub';
import { type Identify, identify } from '@libp2p/identify';
import type { ConnectionGater, Libp2p } from '@libp2p/interface';
import { type Ping, ping } from '@libp2p/ping';
import { tcp } from '@libp2p/tcp';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { ValidationError } from '../protocol/errors.ts';
import { gossipService } from './gossip.ts';
import type { Identity } from './identity.ts';
import { leanNoise, leanYamux } from './lean-streams.ts';
import {
  CONNECTIONS_PER_PEER_MAX,
  CONNECTS_PER_SECOND_MAX,
  DIAL_ADDRESS_TIMEOUT_MS,
  DIAL_TIMEOUT_MS,
  HANDSHAKE_TIMEOUT_MS,
  HANDSHAKES_PENDING_MAX,
  NEGOTIATION_TIMEOUT_MS,
  PING_TIMEOUT_MS,
  STREAM_BUFFER_BYTES_MAX,
} from './limits.ts';

export type Libp2pNode = Libp2p<{ identify: Identify; ping: Ping; gossip: GossipSub }>;

interface NodeOptions {
  identity: Identity;
  listen: readonly string[];
  agentVersion: string;
  gater: ConnectionGater;
  /** Validators and observers that may be connected at one time. */
  peersMax: number;
  /** Addresses of known peers, whose hosts are let in however many strangers knock. */
  knownAddresses: readonly string[];
  gossip: Parameters<typeof gossipService>[0];
}

/** A libp2p node, not started yet: TCP, Noise, Yamux, identify, ping, gossipsub, and nothing that dials by itself. */
export function createNode(options: NodeOptions): Promise<Libp2pNode> {
  const { identity, listen, agentVersion, gater, gossip } = options;
  return createLibp2p({
    start: false,
    privateKey: identity.privateKey,
    nodeInfo: { userAgent: agentVersion },
    addresses: { listen: [...listen] },
    transports: [tcp()],
    connectionEncrypters: [leanNoise()],
    streamMuxers: [leanYamux({ streamOptions: { maxReadBufferLength: STREAM_BUFFER_BYTES_MAX } })],
    connectionGater: gater,
    // The watchdog pings; the monitor would end every connection of a node that is merely overloaded.
    connectionMonitor: { enabled: false },
    connectionManager: {
      maxConnections: options.peersMax * CONNECTIONS_PER_PEER_MAX + HANDSHAKES_PENDING_MAX,
      maxIncomingPendingConnections: HANDSHAKES_PENDING_MAX,
      inboundConnectionThreshold: CONNECTS_PER_SECOND_MAX,
      inboundUpgradeTimeout: HANDSHAKE_TIMEOUT_MS,
      inboundStreamProtocolNegotiationTimeout: NEGOTIATION_TIMEOUT_MS,
      outboundStreamProtocolNegotiationTimeout: NEGOTIATION_TIMEOUT_MS,
      dialTimeout: DIAL_TIMEOUT_MS,
      addressDialTimeout: DIAL_ADDRESS_TIMEOUT_MS,
      addressSorter: () => 0, // the address book has sorted them
      allow: options.knownAddresses.filter(isForeignHost),
    },
    services: {
      identify: identify({ timeout: NEGOTIATION_TIMEOUT_MS }),
      ping: ping({ timeout: PING_TIMEOUT_MS }),
      gossip: gossipService(gossip),
    },
  });
}

/** Addresses by number of other machines: letting in all of one's own would let in whatever runs there. */
function isForeignHost(address: string): boolean {
  return /^\/ip[46]\//.test(address) && !/^\/ip4\/127\.|^\/ip6\/::1\//.test(address);
}

/** @throws ValidationError `LISTEN_FAILED` */
export async function startNode(node: Libp2pNode, listen: readonly string[]): Promise<void> {
  try {
    await node.start();
  } catch (error) {
    await node.stop();
    const message = `cannot listen on ${listen.join(', ')} (${(error as Error).message}): free the port or set another one`;
    throw new ValidationError(message, 'LISTEN_FAILED', { listen }, error);
  }
}

/** @throws ValidationError `INVALID_CONFIG` */
export function checkListenAddresses(listen: readonly string[]): void {
  listen.forEach((address, index) => {
    try {
      multiaddr(address);
    } catch (error) {
      const message = `listen.${index}: ${address} is not a multiaddr such as /ip4/127.0.0.1/tcp/4001`;
      throw new ValidationError(message, 'INVALID_CONFIG', { path: `listen.${index}` }, error);
    }
  });
}
