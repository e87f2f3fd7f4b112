import { TASK_JSON_BYTES_MAX } from '../protocol/limits.ts';

/** What a client of the RPC may make this node hold or do, each with its reason. */

const KIB = 1024;
const MIB = 1024 * KIB;

/** A body: the largest holds a task; its JSON-RPC envelope fits into the same margin. */
export const BODY_BYTES_MAX = TASK_JSON_BYTES_MAX;
/** A body without the token that may submit: the longest call that reads gives a result with a committee's reports. */
export const READ_BODY_BYTES_MAX = 1 * MIB;
/** Bodies in memory at once, over all connections: seven of the largest. */
export const BODIES_BYTES_MAX = 64 * MIB;
/** Nesting of a request; a task nests to 6. */
export const JSON_DEPTH_MAX = 32;
/** Calls in one batch; they run one after another. */
export const BATCH_CALLS_MAX = 50;
/** Bytes of answers to one batch: the calls after it are refused. */
export const BATCH_ANSWER_BYTES_MAX = 32 * MIB;
/** An id is echoed. */
export const ID_CHARS_MAX = 256;
/** A target with its query; the longest real one names a task. */
export const HEADER_BYTES_MAX = 16 * KIB;
/** A wait; clients that wait longer ask again, so that a lost connection is noticed. */
export const WAIT_MS_MAX = 120_000;
/** When places for waits are taken: most tasks are decided within some seconds, which ends their waits. */
export const WAITS_RETRY_SECONDS = 5;
/** Pieces of evidence in one answer. */
export const EVIDENCE_MAX = 1000;
/** A model's name: as long as the configuration takes it. */
export const MODEL_NAME_CHARS_MAX = 128;
/** Headers of a request; a browser sends about 20. */
export const HEADERS_MAX = 100;
/** Requests over one connection: more than a page asks in an hour, and then it opens another. */
export const REQUESTS_PER_CONNECTION_MAX = 10_000;
/** Client addresses whose rates are remembered; the longest silent is forgotten first. */
export const RATE_ADDRESSES_MAX = 1024;

/** Until the headers are here. A client on a slow link needs less than a second. */
export const HEADERS_TIMEOUT_MS = 10_000;
/** Until the whole request is here: the largest body at 300 KiB/s. */
export const REQUEST_TIMEOUT_MS = 30_000;
/** An idle connection is kept for the next request. */
export const KEEP_ALIVE_MS = 5_000;
/** How often the timeouts above are looked at. */
export const TIMEOUT_CHECK_MS = 1_000;

/** Events that a client can come back for: some minutes of a busy node, in about 2 MB. */
export const EVENTS_KEPT_MAX = 4096;
/** Streams of events at once: each holds a connection for as long as it likes. */
export const EVENT_STREAMS_MAX = 32;
/** A comment this often keeps proxies from cutting a silent stream; a client that took none of one to the next is cut. */
export const HEARTBEAT_MS = 15_000;
/** Task ids that one stream may be narrowed to. */
export const EVENT_TASKS_MAX = 64;
