import { setTimeout as delay } from 'node:timers/promises';
import { ValidationError } from '../protocol/errors.ts';

export interface RetryOptions {
  /** Attempts in all, the first included. */
  attempts?: number;
  /** Wait before the second attempt; doubles before each later one. */
  baseDelayMs?: number;
  delayMaxMs?: number;
  signal?: AbortSignal;
  /** Called before each wait. */
  onRetry?: (error: unknown, attempt: number) => void;
}

/** The founding documents' figures. */
export const ATTEMPTS_DEFAULT = 3;
export const BASE_DELAY_MS_DEFAULT = 1000;
/** A wait beyond this outlasts the task. */
const DELAY_MAX_MS_DEFAULT = 30_000;

/** Whether another attempt could end otherwise: never for what the input itself is to blame for. */
export function isRetryable(error: unknown): boolean {
  return !(error instanceof ValidationError && error.code === 'VALIDATION_FAILED');
}

/**
 * Runs `action` until it succeeds, at most `attempts` times, with exponential back-off. `action` gets the number of
 * the attempt, from 1.
 * @throws the last error, at once for code VALIDATION_FAILED; the signal's reason when aborted
 */
export async function retry<T>(action: (attempt: number) => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const {
    attempts = ATTEMPTS_DEFAULT,
    baseDelayMs = BASE_DELAY_MS_DEFAULT,
    delayMaxMs = DELAY_MAX_MS_DEFAULT,
    signal,
  } = options;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await action(attempt);
    } catch (error) {
      signal?.throwIfAborted();
      if (attempt >= attempts || !isRetryable(error)) throw error;
      options.onRetry?.(error, attempt);
      await wait(Math.min(delayMaxMs, baseDelayMs * 2 ** (attempt - 1)), signal);
    }
  }
}

async function wait(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(delayMs, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted(); // the caller's own reason, not the timer's
    throw error;
  }
}
