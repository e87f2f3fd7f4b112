/**
 * Limits and times of the network, each with its reason. What the protocol's messages may weigh is in
 * protocol/limits.ts; this is what one node spends on its peers.
 */

import { GOSSIP_BYTES_MAX, RESPONSE_BYTES_MAX } from '../protocol/limits.ts';

const SECOND_MS = 1000;

/** One gossip RPC: a peer that asks for missed messages gets several at once. */
export const GOSSIP_RPC_BYTES_MAX = 16 * GOSSIP_BYTES_MAX;
/** Bytes waiting for one peer that reads slowly; past it its stream is reset, and it fetches what it missed. */
export const GOSSIP_BUFFER_BYTES_MAX = 8 * 1024 * 1024;
/** Subscriptions in one gossip RPC: there is one topic, the rest is room for a successor. */
export const GOSSIP_SUBSCRIPTIONS_MAX = 8;
/** Messages in one gossip RPC: what GOSSIP_RPC_BYTES_MAX holds of small frames that were asked for again. */
export const GOSSIP_MESSAGES_MAX = 512;
/** Control messages of one kind in one gossip RPC: honest ones carry one a topic. */
export const GOSSIP_CONTROLS_MAX = 32;
/** Message ids in one control message: gossipsub itself sends at most 5000. */
export const GOSSIP_IDS_MAX = 5000;
/** Frames handed to gossip and not yet written: hundreds of ticks, so more means that something hangs. */
export const PUBLISH_PENDING_MAX = 256;
/** Up to this many validators a node sends its own frames to all of them itself, one hop; above it the mesh relays. */
export const FLOOD_COMMITTEE_MAX = 16;
/** From this size on a message that came is called off at the peers that might pass it on; a smaller one costs less than that. */
export const IDONTWANT_BYTES = 16 * 1024;

/** A push carries a whole gossip frame and a few bytes around it. */
export const PUSH_BYTES_MAX = GOSSIP_BYTES_MAX + 1024;
/** Request streams that one peer may have open here: with the largest answers they hold 16 * 4 MiB. */
export const REQUESTS_IN_MAX = 16;
/** Requests under way to one peer; fewer than it admits, since its count falls a little later than ours. */
export const REQUESTS_OUT_MAX = 12;
/** Requests waiting for one peer; what a node asks in one round of catch-up fits. */
export const REQUESTS_WAITING_MAX = 512;
/** From a request to its whole answer, waiting included: 4 MiB over a slow line take some seconds. */
export const REQUEST_TIMEOUT_MS = 10 * SECOND_MS;
/** Pushes under way to one peer: enough for a distant one, and requests still find a slot. */
export const PUSHES_OUT_MAX = 4;
/** Frames waiting to be pushed to one peer; the oldest gives way, since votes are sent again anyway. */
export const PUSHES_WAITING_MAX = 64;

/** A TCP connect, handshake and multiplexer on a slow line. */
export const DIAL_TIMEOUT_MS = 5 * SECOND_MS;
/** One address out of several of a peer. */
export const DIAL_ADDRESS_TIMEOUT_MS = 3 * SECOND_MS;
/** First and last wait between dials of one peer. */
export const DIAL_BACKOFF_MIN_MS = 200;
export const DIAL_BACKOFF_MAX_MS = 5 * SECOND_MS;
/** How often the dial loop looks whether somebody is to be dialled. */
export const DIAL_TICK_MS = 100;
/**
 * Of two validators the one with the lower key dials; the other waits this long before it believes that the
 * first cannot. Long enough for nodes that start together, short enough for a newcomer with one address.
 */
export const DIAL_TURN_MS = SECOND_MS;
/** A connection that lived this long was good: the next loss is redialled at once. */
export const STEADY_MS = 5 * SECOND_MS;
/** Addresses kept of one validator from each source: interfaces of one host, and no room for more. */
export const ADDRESSES_PER_SOURCE_MAX = 4;
/** Addresses of one validator that are told to a peer; with the most validators their list stays within an answer. */
export const ADDRESSES_TOLD_MAX = 3;
/** How often some peer is asked for addresses: while a validator is missing, and while none is. */
export const ADDRESSES_SEARCH_MS = SECOND_MS;
export const ADDRESSES_REFRESH_MS = 60 * SECOND_MS;

/** Bytes that count like one more frame: to read and hash them costs about as much as a signature. */
export const BUDGET_BYTES_PER_UNIT = 4096;
/**
 * Frames that are read and verified of one peer. At a thousand tasks a second a validator of four sends about 1,500
 * units; the burst takes in what gathered while this node hung for some seconds.
 */
export const FRAME_UNITS = { perSecond: 3_000, burst: 9_000 };
/** Requests of one peer and the answers to them: 8 MB a second, and a whole catch-up of small results in one go. */
export const REQUEST_UNITS = { perSecond: 2_000, burst: 8_000 };
/** Frames over the budget count as one offence in this time. */
export const FLOOD_NOTED_MS = 100;

/** Connections of one peer: two when both dialled at once; a third means that it lost the others. */
export const CONNECTIONS_PER_PEER_MAX = 2;
/** Connections that have not shown their key yet: thousands of idle sockets must not keep validators out. */
export const HANDSHAKES_PENDING_MAX = 256;
/**
 * New connections from one address a second: a devnet on one machine that starts at once. Within HANDSHAKE_TIMEOUT_MS
 * they come to fewer than HANDSHAKES_PENDING_MAX, so that one address cannot take all places.
 */
export const CONNECTS_PER_SECOND_MAX = 40;
/** To show a key after connecting; short, so that idle sockets leave soon. */
export const HANDSHAKE_TIMEOUT_MS = 5 * SECOND_MS;
/** To agree on a stream's protocol; gossip opens its streams one after the other, so one silent peer delays the rest. */
export const NEGOTIATION_TIMEOUT_MS = 3 * SECOND_MS;

/** How often the watchdog looks at all peers. */
export const WATCH_MS = 500;
/** Deaf for this long since it was connected, a peer is hung up and dialled again: gossip may open its streams late. */
export const DEAF_AT_FIRST_MS = 4 * SECOND_MS;
/** The same for a peer that was heard before: lost streams do not come back. */
export const DEAF_LATER_MS = SECOND_MS;
/** Both are doubled after each healing, up to this, until the peer was heard for a while. */
export const DEAF_CAP_MS = 30 * SECOND_MS;
/** A ping every so often measures latency and finds connections that died silently. */
export const PING_EVERY_MS = 4 * SECOND_MS;
export const PING_TIMEOUT_MS = 3 * SECOND_MS;
/** Pings in a row without answer after which a peer is hung up: one may fall into a pause of the other process. */
export const PINGS_FAILED_MAX = 2;

/** A peer's description of itself, cut for display. */
export const AGENT_CHARS_MAX = 64;

/** Bytes that one stream may hold unread: the longest answer, read as a whole, and what follows it. */
export const STREAM_BUFFER_BYTES_MAX = RESPONSE_BYTES_MAX + 256 * 1024;
