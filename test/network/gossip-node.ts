import type { GossipSub, GossipsubMessage } from '@libp2p/gossipsub';
import { topicOf } from '../../src/network/gossip.ts';
import { identityOf } from '../../src/network/identity.ts';
import { createNode } from '../../src/network/libp2p-node.ts';
import { openParcel, packParcel } from '../../src/network/parcel.ts';
import { type Cluster, LISTEN } from './cluster.ts';

/** A validator's libp2p node without dialer, watchdog and protocols of ours: it takes part in gossip and no more. */
export async function gossipTopicNode(cluster: Cluster, place: number, listen = [LISTEN]) {
  const topic = topicOf(cluster.committee.networkId);
  const node = await createNode({
    identity: await identityOf(cluster.seed(place)),
    listen,
    agentVersion: 'test',
    gater: {},
    peersMax: 10,
    knownAddresses: [],
    gossip: { topic, committeeSize: 4, scoreOf: () => 0 },
  });
  await node.start();
  cluster.adopt(node);
  const heard: string[] = [];
  /** Of each heard frame, who says that he sent it to all. */
  const deliverers: (number | null)[] = [];
  const gossip: GossipSub = node.services.gossip;
  gossip.addEventListener('gossipsub:message', ({ detail }: CustomEvent<GossipsubMessage>) => {
    const { frame, deliveredBy } = openParcel(detail.msg.data);
    heard.push(Buffer.from(frame).toString());
    deliverers.push(deliveredBy);
  });
  gossip.subscribe(topic);
  const publish = (frame: Uint8Array, deliveredBy: number | null = null) =>
    void gossip.publish(topic, packParcel({ frame, deliveredBy })).catch(() => {});
  return { node, heard, deliverers, publish };
}
