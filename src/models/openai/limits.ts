/** Bounds on what an endpoint may make this node hold, wait for or pay. */

/** An answer's bytes: findings and rationale of 2,000 tokens are a hundredth of it. */
export const REPLY_BYTES_MAX = 1024 * 1024;
/** Characters of task text in one request; about 30,000 tokens. */
export const CONTEXT_CHARS_DEFAULT = 100_000;
/** Requests for one task; a diff that needs more is judged in part and cannot be approved. */
export const CHUNKS_MAX = 8;
/** Findings read from one answer. */
export const ANSWER_FINDINGS_MAX = 50;
/** Characters of any text in an answer. */
export const ANSWER_TEXT_MAX = 4000;

/** Attempts of one request after overload or a broken connection. */
export const REQUEST_ATTEMPTS_MAX = 3;
/** Before the second attempt; doubles before each later one, with jitter. */
export const RETRY_BASE_MS = 500;
/** A wait that would leave less than this of the budget is not begun: no model answers faster. */
export const REQUEST_MS_MIN = 200;
/** A wait that an endpoint may ask for: a longer one is no wait within a judgement, but a reason to ask another model. */
export const RETRY_AFTER_MS_MAX = 20_000;

/** Failures in a row after which an endpoint is left alone. */
export const CIRCUIT_FAILURES_MAX = 3;
/** The first pause of a circuit: as long as a restart of a local model server takes. Doubles with each failed probe. */
export const CIRCUIT_PAUSE_MS = 5_000;
/** An endpoint that is back is noticed after this time at the latest. */
export const CIRCUIT_PAUSE_MS_MAX = 300_000;
/** A task that gave a model less time than this says nothing about its endpoint when the time runs out. */
export const TIMEOUT_FAIR_MS = 5_000;

/** Answers kept, so that what was asked and paid for is not asked again. */
export const CACHED_ANSWERS_MAX = 2_000;
/** Characters of all of them; an ordinary answer has one or two thousand. */
export const CACHED_CHARS_MAX = 16 * 1024 * 1024;

/** Tokens that one answer may claim to have used: more than any context holds, and sums of it stay exact. */
export const USAGE_TOKENS_MAX = 10_000_000;
