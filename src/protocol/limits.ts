/**
 * Every limit of the protocol, in one place, each with its reason.
 * What another node's bytes may make this one hold, hash or verify is bounded here and nowhere else.
 */

const KIB = 1024;
const MIB = 1024 * KIB;

/** A task's canonical bytes. A pull request of 4 MiB is past what any judge reads in its budget. */
export const TASK_BYTES_MAX = 4 * MIB;
/** A task's JSON form as it arrives at RPC or from a file: escapes can double the canonical bytes. */
export const TASK_JSON_BYTES_MAX = 9 * MIB;
/** Bodies below this travel inside the announcement; larger ones are fetched by stream. */
export const TASK_INLINE_BYTES_MAX = 64 * KIB;
/** Names (url, skill, subject, repository, sha, file path): longer than any legal path on common systems. */
export const NAME_CHARS_MAX = 4096;
/** Files named by a pull request; the largest monorepo change that people really review. */
export const FILES_MAX = 10_000;
/** Requirements or pieces of evidence of a submission. */
export const CRITERIA_ITEMS_MAX = 256;
/** One requirement or piece of evidence, in characters. */
export const CRITERIA_CHARS_MAX = 64 * KIB;
/** `attempt` of a task: each is another instance of work for the whole network. */
export const ATTEMPTS_MAX = 1000;

/** Findings in one report, after merging: more would bury the reader and the wire. */
export const FINDINGS_MAX = 200;
/** A finding's quote, message or suggestion, in characters. */
export const FINDING_CHARS_MAX = 2000;
/** A report's canonical bytes; FINDINGS_MAX findings of ordinary length fit. */
export const REPORT_BYTES_MAX = 512 * KIB;
/** Identifiers of models and rules. */
export const IDENTIFIER_CHARS_MAX = 128;

/** Validators of one genesis: the tally is a 32-bit sum and a proposal names every validator. */
export const VALIDATORS_MAX = 256;
/**
 * Changes of one network's validators and rules, for ever: a frame names its epoch in one byte, and a result carries all
 * changes up to its own.
 */
export const EPOCHS_MAX = 255;
/** Total weight; sums stay exact in doubles and in 32-bit stores of other languages. */
export const TOTAL_WEIGHT_MAX = 2 ** 31 - 1;

/** Leaves under one signature: bounds the path of a proof to 12 steps. */
export const BATCH_LEAVES_MAX = 4096;
/** One gossip message; several are sent when a tick holds more. */
export const GOSSIP_BYTES_MAX = 256 * KIB;
/** One leaf: the largest is a REVEAL, a few hundred bytes; the rest is room for later versions. */
export const LEAF_BYTES_MAX = 4 * KIB;
/** One response on a request stream: a task body, a report and their frame. */
export const RESPONSE_BYTES_MAX = TASK_BYTES_MAX + 64 * KIB;
/** One request on a request stream. */
export const REQUEST_BYTES_MAX = 64 * KIB;
/** Entries of a page of result ids in catch-up. */
export const SYNC_PAGE_MAX = 256;
/** Leaf hashes or task ids named in one request. */
export const FETCH_ITEMS_MAX = 512;
/** Reports named in one request: of ordinary ones an answer holds as many. */
export const FETCH_REPORTS_MAX = 128;
/** Nesting of any CBOR that this protocol defines is at most 7; the rest is margin against stack overflow. */
export const CBOR_DEPTH_MAX = 16;

/** Single votes this many rounds ahead are kept; bundles that prove themselves may jump any distance. */
export const ROUNDS_AHEAD_MAX = 16;
/** A round number: 2^31 rounds of a capped timeout are centuries. */
export const ROUND_MAX = 2 ** 31 - 1;
/** Distinct votes kept per voter, round and type: two prove an equivocation, more prove nothing new. */
export const VOTES_PER_SLOT_MAX = 2;
/** Distinct proposals kept per round: two prove an equivocation. */
export const PROPOSALS_PER_ROUND_MAX = 2;

/** Unix seconds in signed data: the year 9999, the last that ISO 8601 writes with four digits. */
export const SECONDS_MAX = 253_402_300_799;
