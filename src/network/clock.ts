import type { Clock } from '../engine/ports.ts';

/** Begins with the machine's clock and never steps: what waits for a moment must not wait an hour longer. */
export const systemClock: Clock = {
  nowMs: () => performance.timeOrigin + performance.now(),
  setTimer: (delayMs, action) => {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Runs `action` again and again, each time `intervalMs` after the last; the returned function ends it. */
export function every(clock: Clock, intervalMs: number, action: () => void): () => void {
  let cancel = () => {};
  const schedule = () => {
    cancel = clock.setTimer(intervalMs, () => {
      schedule();
      action();
    });
  };
  schedule();
  return () => cancel();
}
