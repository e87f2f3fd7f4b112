import { randomBytes } from 'node:crypto';
import type { Clock, Random } from '../engine/ports.ts';

const TIMER_MS_MAX = 2 ** 31 - 1; // beyond it Node fires at once

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  setTimer(delayMs, action) {
    if (delayMs <= 0) {
      const immediate = setImmediate(action);
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(action, Math.min(delayMs, TIMER_MS_MAX));
    return () => clearTimeout(timer);
  },
};

/** The machine's randomness; jitter needs none of its quality. */
export const systemRandom: Random = {
  bytes: (length) => randomBytes(length),
  fraction: () => Math.random(),
};
