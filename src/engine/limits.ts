/** Limits of one node, each with its reason; those of the protocol stand in protocol/limits.ts. */

/** Undecided tasks held at once: about 20 KB each with n = 4, so 200 MB; more are refused until some are decided. */
export const OPEN_TASKS_MAX = 10_000;
/** Tasks whose leaves came before their body. */
export const UNKNOWN_TASKS_MAX = 1_024;
/** Leaves buffered for one such task: all that a committee of 64 says in a first round. */
export const UNKNOWN_LEAVES_MAX = 400;
/** How long a body is looked for before its leaves are dropped; repeats bring them again. */
export const UNKNOWN_TASK_MS = 30_000;

/** The longest that leaves gather under load; well under a round's timeout. */
export const TICK_MS_MAX = 25;
/** Up to this many leaves a tick count as rest: the next leaf leaves at once. */
export const QUIET_LEAVES = 8;
/** Leaves under one signature as this node sends them; with attachments a frame stays below the gossip cap. */
export const FRAME_BYTES_TARGET = 192 * 1024;
/** Before a failed write is repeated. */
export const WRITE_RETRY_MS = 1_000;

/** The first repeat of an undecided task's leaves; grows by half each time that nothing came of it. */
export const REPEAT_MS = 2_000;
export const REPEAT_MS_MAX = 16_000;
/** Repeats after a peer connected are spread over this time. */
export const RECONNECT_SPREAD_MS = 300;

/** A judge's and an observer's time is cut by a task's deadline, but never below this. */
export const DEADLINE_WAIT_MS_MIN = 1_000;

/** Between two rounds of asking every peer for results that are missing here. */
export const SYNC_MS = 15_000;
/** Pages of ids read from one peer in a row: a million results; a list without end goes on with the next sync. */
export const SYNC_PAGES_MAX = 4_096;
/** Requests under way at once in catch-up: keeps both ends' streams far below their caps. */
export const SYNC_REQUESTS_MAX = 16;
/** Reports pulled at once. */
export const REPORT_REQUESTS_MAX = 16;
/** Tries to pull one report, over all peers; it is asked for again when somebody wants to see it. */
export const REPORT_TRIES_MAX = 8;
/** Between two tries to pull a report that nobody had. */
export const REPORT_RETRY_MS = 500;

/** Certificates kept decoded, to answer peers that still ask. */
export const RECENT_CERTS_MAX = 2_000;
/** Ids of decided tasks kept in memory, so that late leaves cost no look-up. */
export const DECIDED_IDS_MAX = 100_000;

/** A peer is told one decision at most this often. */
export const ANSWER_PAUSE_MS = 1_000;
/** Between two requests for the leaves of one task to one peer. */
export const FETCH_PAUSE_MS = 100;
