import { ValidationError } from '../protocol/errors.ts';
import type { Outcome } from '../protocol/value.ts';

/** Exit codes of every command; scripts and merge gates rely on them. */
export const EXIT = {
  /** Done; approved; authentic. */
  ok: 0,
  /** Rejected, not authentic, or a requirement unmet. */
  rejected: 1,
  /** Usage or configuration: the caller can mend it. */
  usage: 2,
  /** Could not judge: inconclusive, expired, unavailable, connection refused, timed out. Never green. */
  unjudged: 3,
  /** The data directory is in use by another process. */
  locked: 4,
  /** A fault of our own. */
  internal: 70,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const EXIT_OF_OUTCOME: Readonly<Record<Outcome, ExitCode>> = {
  APPROVED: EXIT.ok,
  REJECTED: EXIT.rejected,
  INCONCLUSIVE: EXIT.unjudged,
  EXPIRED: EXIT.unjudged,
};

/** Error codes whose exit is not {@link EXIT.usage}; every other ValidationError is for the caller to mend. */
const EXIT_OF_ERROR: Readonly<Record<string, ExitCode>> = {
  NOT_AUTHENTIC: EXIT.rejected,
  UNAVAILABLE: EXIT.unjudged,
  TIMEOUT: EXIT.unjudged,
  UNREACHABLE: EXIT.unjudged,
  BAD_ANSWER: EXIT.unjudged,
  RPC_ERROR: EXIT.unjudged,
  NO_RESULT: EXIT.unjudged,
  NOTHING_TO_REVIEW: EXIT.unjudged,
  DEADLINE_PASSED: EXIT.unjudged,
  TOO_MANY_REQUESTS: EXIT.unjudged,
  TOO_MANY_TASKS: EXIT.unjudged,
  TASK_GIVEN_UP: EXIT.unjudged,
  STOPPING: EXIT.unjudged,
  TASK_OPEN: EXIT.unjudged,
  STORE_FAILED: EXIT.unjudged,
  VALIDATION_FAILED: EXIT.unjudged,
  DATA_LOCKED: EXIT.locked,
  INTERNAL: EXIT.internal,
  INTERRUPTED: EXIT.interrupted,
};

export function exitOfOutcome(outcome: Outcome): ExitCode {
  return EXIT_OF_OUTCOME[outcome];
}

/** The exit code of whatever a command threw; what is no ValidationError is a fault of our own. */
export function exitOfError(error: unknown): ExitCode {
  if (!(error instanceof ValidationError)) return EXIT.internal;
  return EXIT_OF_ERROR[error.code] ?? EXIT.usage;
}
