/** One fault of one input: where it is, what is wrong and what would mend it. */
export interface Fault {
  /** Dotted path of the field, e.g. `pullRequest.diff`; empty for the whole input. */
  path: string;
  message: string;
}

/**
 * The error that the package throws for everything a caller can act on.
 * `code` is from a closed list of words (`VALIDATION_FAILED`, `UNAVAILABLE`, ...), `details` names the fields.
 */
export class ValidationError extends Error {
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(message: string, code = 'VALIDATION_FAILED', details: Record<string, unknown> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ValidationError';
    this.code = code;
    this.details = details;
  }
}

/** Bytes or JSON from outside that break the protocol's form. Always answered by a refusal, never by a crash. */
export class ProtocolError extends ValidationError {
  constructor(message: string, details: Record<string, unknown> = {}) {
    super(message, 'MALFORMED', details);
    this.name = 'ProtocolError';
  }
}

/** Builds the error for input with one or more faults; the message lists each with its path. */
export function invalidInput(what: string, faults: readonly Fault[], code = 'INVALID_TASK'): ValidationError {
  const lines = faults.map((fault) => (fault.path === '' ? fault.message : `${fault.path}: ${fault.message}`));
  return new ValidationError(`${what}: ${lines.join('; ')}`, code, { faults });
}
