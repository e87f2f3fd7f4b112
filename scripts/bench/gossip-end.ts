import { createHash } from 'node:crypto';
import { noise } from '@chainsafe/libp2p-noise';
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { type GossipSub, gossipsub, StrictNoSign } from '@libp2p/gossipsub';
import { identify } from '@libp2p/identify';
import { ping } from '@libp2p/ping';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { until } from '../processes.ts';

const TOPIC = 'bench';

/** One of two bare nodes with the libraries of the daemon, and none of its own code. */
export interface GossipEnd {
  address: string;
  /** The other end listens. */
  connected: Promise<void>;
  /** Sends a message that the other end returns; resolves when it is back. `n` must be new each time. */
  roundTrip(n: number, bytes: number): Promise<void>;
  stop(): Promise<void>;
}

/** @param place 0 asks, 1 returns each message with its first byte changed */
export async function gossipEnd(place: 0 | 1, peer?: string): Promise<GossipEnd> {
  const seed = createHash('sha256').update(`bench ${place}`).digest();
  const node = await createLibp2p({
    privateKey: await generateKeyPairFromSeed('Ed25519', seed),
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    services: {
      identify: identify(),
      ping: ping(),
      gossip: gossipsub({
        globalSignaturePolicy: StrictNoSign,
        msgIdFn: ({ data }) => createHash('sha256').update(data).digest(),
        allowPublishToZeroTopicPeers: true,
        batchPublish: true,
        floodPublish: true,
      }),
    },
  });
  const gossip = node.services.gossip as GossipSub;
  const waiting = new Map<number, () => void>();
  gossip.addEventListener('gossipsub:message', ({ detail }) => {
    const data = Buffer.from(detail.msg.data);
    if (data[0] === place) return; // its own, by way of the mesh
    if (place === 1) return publish(gossip, data, 1);
    waiting.get(data.readUInt32BE(1))?.();
  });
  gossip.subscribe(TOPIC);
  if (peer !== undefined) await node.dial(multiaddr(peer));
  const connected = until(() => gossip.getSubscribers(TOPIC).length > 0);
  const roundTrip = (n: number, bytes: number) =>
    new Promise<void>((done) => {
      waiting.set(n, () => {
        waiting.delete(n);
        done();
      });
      const data = Buffer.alloc(bytes);
      data.writeUInt32BE(n, 1);
      publish(gossip, data, 0);
    });
  return { address: node.getMultiaddrs()[0]!.toString(), connected, roundTrip, stop: async () => node.stop() };
}

function publish(gossip: GossipSub, data: Buffer, place: 0 | 1): void {
  data[0] = place;
  void gossip.publish(TOPIC, data);
}
