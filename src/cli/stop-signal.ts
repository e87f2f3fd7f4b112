import type { Io } from './io.ts';

/**
 * Aborts when the process shall stop: by SIGINT or SIGTERM, and with `untilEof` also when standard input ends, which the
 * system brings about when whoever holds its other end dies.
 */
export function stopSignal(io: Io, untilEof: boolean): AbortSignal {
  if (!untilEof) return io.signal;
  const ended = new AbortController();
  const end = () => ended.abort();
  io.stdin.once('end', end).once('close', end).once('error', end);
  io.stdin.resume();
  return AbortSignal.any([io.signal, ended.signal]);
}

const FOREVER_MS = 2 ** 31 - 1; // the longest timer

/** Resolves when a signal aborts. Keeps the process alive meanwhile, though nothing else may. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const alive = setInterval(() => undefined, FOREVER_MS);
    const end = () => {
      clearInterval(alive);
      done();
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
