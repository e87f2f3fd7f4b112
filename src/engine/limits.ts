/** Limits of one node, each with its reason; those of the protocol stand in protocol/limits.ts. */

/** Undecided tasks held at once: about 15 KB each while a quorum is away, so 150 MB; more are refused until some are decided. */
export const OPEN_TASKS_MAX = 10_000;
/** Canonical bytes of all of them; what is decoded of them is held, and weighs about as much. */
export const OPEN_BYTES_MAX = 256 * 1024 * 1024;
/** The longest that a timer of Node.js can run; a longer one would fire at once. */
export const TIMER_MS_MAX = 2 ** 31 - 1;
/** Undecided tasks whose announcement did not come yet: they may be anybody's, so they share one bound. */
export const UNANNOUNCED_TASKS_MAX = 4_000;
/** When a refused client may find room: some judgements later. */
export const OPEN_RETRY_SECONDS = 5;
/** What an engine bears unless told otherwise: a day, and of one origin less than half of all. */
export const TASK_LIMITS = {
  taskTtlMs: 24 * 60 * 60 * 1000,
  openTasksPerOrigin: 4_000,
  openBytesPerOrigin: 96 * 1024 * 1024,
};

/**
 * Tasks that were spoken of in a probation and are to be followed only, each a row of the journal; one source may name
 * 256 at once, so honest ones fit.
 */
export const HEARD_TASKS_MAX = 100_000;

/** Tasks whose leaves came before their body. */
export const UNKNOWN_TASKS_MAX = 1_024;
/** Of them, those that one validator (or one peer, where nothing is signed) spoke of: four may do so at once. */
export const UNKNOWN_TASKS_OF_ONE_MAX = 256;
/** Such tasks of one source that are looked for in a second, and at once after a rest: each costs a request to every peer. */
export const UNKNOWN_TASKS_OF_ONE = { perSecond: 50, burst: 512 };
/** Leaves buffered for one such task: all that a committee of 64 says in a first round. */
export const UNKNOWN_LEAVES_MAX = 400;
/** Memory of all buffered leaves of one source, as estimated: a share of an honest node's whole heap. */
export const UNKNOWN_BYTES_OF_ONE_MAX = 4 * 1024 * 1024;
/** What a held leaf costs beside its bytes: objects, digests, the path of its proof. */
export const LEAF_OVERHEAD_BYTES = 2_048;
/** Memory of a decoded attachment for each of its encoded bytes. */
export const DECODED_BYTES_PER_BYTE = 6;
/** How long a body is looked for before its leaves are dropped; repeats bring them again. */
export const UNKNOWN_TASK_MS = 30_000;

/** The longest that leaves gather under load; well under a round's timeout. */
export const TICK_MS_MAX = 40;
/** Leaves for whose sake a tick waits a millisecond: under load fewer and fuller frames save more than the wait costs. */
export const LEAVES_PER_TICK_MS = 2;
/** Up to this many leaves a tick count as rest: the next leaf leaves at once. */
export const QUIET_LEAVES = 8;
/** Leaves under one signature as this node sends them; with attachments a frame stays below the gossip cap. */
export const FRAME_BYTES_TARGET = 192 * 1024;
/** Before a failed write is repeated. */
export const WRITE_RETRY_MS = 1_000;

/** Tasks begun and not ended, beyond which others wait for their turn at the judge: about a second of a busy node's work. */
export const UNDER_WAY_MAX = 128;
/** After so long a task that did not end gives its place away; an outage must not keep others from being judged. */
export const UNDER_WAY_MS = 2_000;
/** Requests a second for all that was said of tasks that learn nothing: under load each would make the next ones later. */
export const OVERDUE_PER_SECOND = 20;
/** The first repeat of an undecided task's leaves; grows by half each time that nothing came of it. */
export const REPEAT_MS = 2_000;
export const REPEAT_MS_MAX = 16_000;
/** Repeats after a peer connected are spread over this time. */
export const RECONNECT_SPREAD_MS = 300;

/** A quorum has committed, and the others are not connected: whoever comes back within this time is waited for. */
export const AWAY_MS = 500;

/** A judge's and an observer's time is cut by a task's deadline, but never below this. */
export const DEADLINE_WAIT_MS_MIN = 1_000;

/** Between two rounds of asking every peer for results that are missing here. */
export const SYNC_MS = 15_000;
/** Pages of ids read from one peer in a row: a million results; a list without end goes on with the next sync. */
export const SYNC_PAGES_MAX = 4_096;
/** Requests under way at once in catch-up: keeps both ends' streams far below their caps. */
export const SYNC_REQUESTS_MAX = 16;
/** Results that were taken from a peer's list and may not be durable yet: more than a disk leaves unwritten in a second. */
export const SYNC_TAKEN_MAX = 4_096;
/** Bytes of reports in one answer: with one more of the largest it is still within an answer's limit. */
export const REPORTS_ANSWER_BYTES = 3 * 1024 * 1024;
/** Tries to pull one report, over all peers; it is asked for again when somebody wants to see it. */
export const REPORT_TRIES_MAX = 8;
/** Between two tries to pull a report that nobody had. */
export const REPORT_RETRY_MS = 500;

/** Certificates kept decoded, to answer peers that still ask: about 10 KB each with n = 4, and those of late tasks only. */
export const RECENT_CERTS_MAX = 250;
/** Epochs beyond those known here whose tasks are told from lies: others may have gone on while this node did not. */
export const EPOCHS_AHEAD = 2;
/** Tasks whose epoch is remembered once a network had several; forgotten ones are read again. */
export const EPOCHS_KNOWN_MAX = 20_000;
/** Ids of decided tasks kept in memory, so that late leaves cost no look-up. */
export const DECIDED_IDS_MAX = 100_000;

/** A peer is told one decision at most this often. */
export const ANSWER_PAUSE_MS = 1_000;
/** Between two requests for the leaves of one task to one peer. */
export const FETCH_PAUSE_MS = 100;

/** Entries of one task's timeline: all of a first round with 64 validators, or some tens of rounds with four. */
export const TIMELINE_ENTRIES_MAX = 512;
/** Timelines of decided tasks kept in memory: about 8 KB each with n = 4; older ones are read. */
export const TIMELINES_RECENT_MAX = 250;
/** Between two writes of timelines: the most of a story that a crash loses. */
export const TIMELINE_WRITE_MS = 1_000;
/** Decided tasks with signatures that wait to be credited. */
export const LATE_VOTES_MAX = 2_000;
/** Signatures gather this long, so that a certificate is written anew once, not once a signature. */
export const LATE_VOTES_WRITE_MS = 500;
