import {
  type GossipSub,
  type GossipsubMessage,
  gossipsub,
  StrictNoSign,
  TopicValidatorResult,
} from '@libp2p/gossipsub';
import type { Logger, PeerKey, Verdict } from '../engine/ports.ts';
import { type Committee, indexOfKey } from '../protocol/committee.ts';
import type { Digest } from '../protocol/hash.ts';
import { GOSSIP_BYTES_MAX } from '../protocol/limits.ts';
import { sha256 } from '../protocol/sha256.ts';
import type { NetworkCounters } from './counters.ts';
import { keyOfPeer, keyOfPeerText, peerIdOfKey } from './identity.ts';
import {
  FLOOD_COMMITTEE_MAX,
  GOSSIP_BUFFER_BYTES_MAX,
  GOSSIP_CONTROLS_MAX,
  GOSSIP_IDS_MAX,
  GOSSIP_MESSAGES_MAX,
  GOSSIP_RPC_BYTES_MAX,
  GOSSIP_SUBSCRIPTIONS_MAX,
  IDONTWANT_BYTES,
  PUBLISH_PENDING_MAX,
} from './limits.ts';
import { openParcel, packParcel } from './parcel.ts';
import { SHUT_OUT_SCORE } from './peer-score.ts';

/** The one topic of a network. */
export function topicOf(networkId: Digest): string {
  return `/pheme/${networkId}/2`;
}

interface GossipOptions {
  topic: string;
  committeeSize: number;
  /** What is held against a peer, zero or less; gossip adds only how it behaves as a router. */
  scoreOf(key: PeerKey): number;
}

/**
 * Gossipsub for small committees of known keys. Messages are unsigned, as frames sign what they carry; a node sends
 * its own frames to every peer itself, so that a partial mesh or a relay that drops them costs nothing. The usual
 * heartbeat of a second is enough: it mends the mesh, which no delivery waits for.
 */
export function gossipService({ topic, committeeSize, scoreOf }: GossipOptions): ReturnType<typeof gossipsub> {
  return gossipsub({
    globalSignaturePolicy: StrictNoSign,
    msgIdFn: (message) => sha256(message.data),
    fallbackToFloodsub: false,
    floodPublish: committeeSize <= FLOOD_COMMITTEE_MAX,
    idontwantMinDataSize: IDONTWANT_BYTES,
    batchPublish: true,
    doPX: false,
    tagMeshPeers: false,
    allowedTopics: [topic],
    asyncValidation: true,
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    maxInboundDataLength: GOSSIP_RPC_BYTES_MAX,
    maxOutboundBufferSize: GOSSIP_BUFFER_BYTES_MAX,
    decodeRpcLimits: {
      maxSubscriptions: GOSSIP_SUBSCRIPTIONS_MAX,
      maxMessages: GOSSIP_MESSAGES_MAX,
      maxIhaveMessageIDs: GOSSIP_IDS_MAX,
      maxIwantMessageIDs: GOSSIP_IDS_MAX,
      maxIdontwantMessageIDs: GOSSIP_IDS_MAX,
      maxControlMessages: GOSSIP_CONTROLS_MAX,
      maxPeerInfos: GOSSIP_CONTROLS_MAX,
    },
    scoreThresholds: {
      gossipThreshold: SHUT_OUT_SCORE / 2,
      publishThreshold: SHUT_OUT_SCORE,
      graylistThreshold: SHUT_OUT_SCORE,
    },
    scoreParams: scoreParams(topic, scoreOf),
  });
}

/**
 * Scores are faults only: nothing is earned by being there, and silence costs nothing, since the topic is sparse
 * (P1, P2, P3 and P3b are 0). Many nodes may share an address (P6 is 0). Rejected frames (P4 is 0) stand in the node's
 * own account of each peer, with their reasons, which comes in as the application's part.
 */
function scoreParams(topic: string, scoreOf: (key: PeerKey) => number) {
  const appSpecificScore = (peerId: string) => {
    const key = keyOfPeerText(peerId);
    return key === undefined ? 0 : scoreOf(key);
  };
  const topicParams = {
    topicWeight: 1,
    timeInMeshWeight: 0,
    timeInMeshQuantum: 1000,
    timeInMeshCap: 1,
    firstMessageDeliveriesWeight: 0,
    firstMessageDeliveriesDecay: 0.5,
    firstMessageDeliveriesCap: 1,
    meshMessageDeliveriesWeight: 0,
    meshMessageDeliveriesDecay: 0.5,
    meshMessageDeliveriesCap: 1,
    meshMessageDeliveriesThreshold: 1,
    meshMessageDeliveriesWindow: 10,
    meshMessageDeliveriesActivation: 1000,
    meshFailurePenaltyWeight: 0,
    meshFailurePenaltyDecay: 0.5,
    invalidMessageDeliveriesWeight: 0,
    invalidMessageDeliveriesDecay: 0.5,
  };
  return {
    topics: { [topic]: topicParams },
    topicScoreCap: 0,
    appSpecificScore,
    appSpecificWeight: 1,
    IPColocationFactorWeight: 0,
    behaviourPenaltyWeight: -10,
    behaviourPenaltyThreshold: 6,
    behaviourPenaltyDecay: 0.9,
  };
}

/** What gossipsub can do beyond the type that it exports. */
type GossipSubInFull = GossipSub & {
  reportMessageValidationResult(messageId: string, propagationSource: string, result: TopicValidatorResult): void;
  getScore(peerId: string): number;
  getMeshPeers(topic: string): string[];
  status: { heartbeatTimeout?: NodeJS.Timeout };
};

const RESULTS: Record<Verdict, TopicValidatorResult> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
};

interface GossipParts {
  service: GossipSub;
  topic: string;
  committee: Committee;
  /** The node's own key. */
  ownKey: PeerKey;
  counters: NetworkCounters;
  logger: Logger;
  /** Judges a frame, whatever its length; must not throw. */
  judge(frame: Uint8Array, from: PeerKey): Verdict;
}

/** Frames out to all and in from all. */
export class Gossip {
  readonly #parts: GossipParts;
  readonly #service: GossipSubInFull;
  /** Peer ids of the other validators, as text. */
  readonly #others: ReadonlySet<string>;
  /** Own position, if this node is a validator whose frames go to all of them by itself. */
  readonly #floodsAs: number | null;
  #pending = 0;

  constructor(parts: GossipParts) {
    this.#parts = parts;
    this.#service = parts.service as GossipSubInFull;
    const { committee, ownKey } = parts;
    const others = committee.validators.map(({ publicKey }) => publicKey).filter((key) => key !== ownKey);
    this.#others = new Set(others.map((key) => peerIdOfKey(key).toString()));
    const floods = committee.validators.length <= FLOOD_COMMITTEE_MAX;
    this.#floodsAs = floods ? (indexOfKey(committee, ownKey) ?? null) : null;
  }

  start(): void {
    this.#service.addEventListener('gossipsub:message', ({ detail }) => this.#receive(detail));
    this.#service.subscribe(this.#parts.topic);
  }

  /** Ends the timer of the heartbeat, which gossipsub itself leaves running for a second after its stop. */
  stop(): void {
    clearTimeout(this.#service.status.heartbeatTimeout);
  }

  publish(frame: Uint8Array): void {
    const { topic, counters, logger } = this.#parts;
    if (frame.length > GOSSIP_BYTES_MAX || this.#pending >= PUBLISH_PENDING_MAX) {
      counters.framesDropped += 1;
      logger.debug({ bytes: frame.length, pending: this.#pending }, 'a frame was not published');
      return;
    }
    this.#pending += 1;
    counters.framesOut += 1;
    counters.bytesOut += frame.length;
    this.#service
      .publish(topic, packParcel({ frame, deliveredBy: this.#reachesAll() ? this.#floodsAs : null }))
      .catch((error: Error) => {
        counters.framesDropped += 1;
        logger.debug({ error: error.message }, 'a frame could not be published');
      })
      .finally(() => {
        this.#pending -= 1;
      });
  }

  isSubscribed(key: PeerKey): boolean {
    const subscribers = this.#service.getSubscribers(this.#parts.topic);
    return subscribers.some((peerId) => keyOfPeer(peerId) === key);
  }

  /** Zero or less; 0 for a peer that takes no part in gossip. */
  scoreOf(key: PeerKey): number {
    return this.#service.getScore(peerIdOfKey(key).toString());
  }

  meshSize(): number {
    return this.#service.getMeshPeers(this.#parts.topic).length;
  }

  #receive({ msg, msgId, propagationSource }: GossipsubMessage): void {
    const from = keyOfPeer(propagationSource);
    if (from === undefined || msg.topic !== this.#parts.topic) return;
    const { frame, deliveredBy } = openParcel(msg.data);
    const verdict = this.#parts.judge(frame, from);
    const isOver = verdict === 'accept' && deliveredBy !== null && this.#needsNoRelay(deliveredBy, from);
    const result = isOver ? TopicValidatorResult.Ignore : RESULTS[verdict];
    this.#service.reportMessageValidationResult(msgId, propagationSource.toString(), result);
  }

  /** All other validators get what this node publishes, from itself. */
  #reachesAll(): boolean {
    if (this.#floodsAs === null) return false;
    const subscribers = this.#service.getSubscribers(this.#parts.topic);
    return subscribers.filter((peerId) => this.#others.has(peerId.toString())).length === this.#others.size;
  }

  /** Only the author's own word counts, and only while nobody here depends on what this node passes on. */
  #needsNoRelay(deliveredBy: number, from: PeerKey): boolean {
    if (this.#parts.committee.validators[deliveredBy]?.publicKey !== from) return false;
    const subscribers = this.#service.getSubscribers(this.#parts.topic);
    return subscribers.every((peerId) => this.#others.has(peerId.toString()));
  }
}
