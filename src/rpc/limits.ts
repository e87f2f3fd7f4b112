import { TASK_JSON_BYTES_MAX } from '../protocol/limits.ts';

/** What a client of the RPC may make this node hold or do, each with its reason. */

const KIB = 1024;
const MIB = 1024 * KIB;

/** A body: the largest holds a task; its JSON-RPC envelope fits into the same margin. */
export const BODY_BYTES_MAX = TASK_JSON_BYTES_MAX;
/** A body without the token that may submit: calls that read are short. */
export const READ_BODY_BYTES_MAX = 64 * KIB;
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
/** Pieces of evidence in one answer. */
export const EVIDENCE_MAX = 1000;
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
