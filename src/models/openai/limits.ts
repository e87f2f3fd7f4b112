/** Bounds on what an endpoint may make this node hold or wait for. */

/** An answer's bytes: findings and rationale of 2,000 tokens are a hundredth of it. */
export const REPLY_BYTES_MAX = 1024 * 1024;
/** Characters of task text in one request; about 30,000 tokens. */
export const CONTEXT_CHARS_DEFAULT = 100_000;
/** Requests for one task; a diff that needs more is judged in part and cannot be approved. */
export const CHUNKS_MAX = 8;
/** Attempts of one request after overload or a broken connection. */
export const REQUEST_ATTEMPTS_MAX = 3;
export const RETRY_BASE_MS = 500;
/** Findings read from one answer. */
export const ANSWER_FINDINGS_MAX = 50;
/** Characters of any text in an answer. */
export const ANSWER_TEXT_MAX = 4000;
