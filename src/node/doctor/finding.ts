import { ValidationError } from '../../protocol/errors.ts';

export type State = 'ok' | 'warning' | 'failure';

/** What the doctor found at one place. */
export interface Finding {
  /** What was looked at, e.g. `key` or `peer /dns/a.example/tcp/7435`. */
  check: string;
  state: State;
  found: string;
  /** What mends it; present unless `state` is ok. */
  remedy?: string;
}

export function ok(check: string, found: string): Finding {
  return { check, state: 'ok', found };
}

export function warning(check: string, found: string, remedy: string): Finding {
  return { check, state: 'warning', found, remedy };
}

export function failure(check: string, found: string, remedy: string): Finding {
  return { check, state: 'failure', found, remedy };
}

/** The house's errors end in their remedy, behind the last colon: `WHAT: REMEDY`. */
export function failureOf(check: string, error: unknown): Finding {
  if (!(error instanceof ValidationError)) {
    return failure(check, `could not be examined: ${(error as Error).message}`, 'report this, with pheme debug dump');
  }
  const parts = /^(.*): ([^:]*)$/s.exec(error.message);
  if (parts === null) return failure(check, error.message, 'correct it');
  return failure(check, parts[1]!, parts[2]!);
}
