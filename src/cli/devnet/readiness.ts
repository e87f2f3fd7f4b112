import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 100;
const ANSWER_MS = 2000; // a node on loopback that takes longer is asked again
const REASON_CHARS_MAX = 300;

/** What `/readyz` of a node says: undefined when it is ready, else why not. */
export async function unreadyReason(rpc: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const answer = await fetch(new URL('/readyz', rpc), { signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]) });
    const text = await answer.text();
    return answer.ok ? undefined : text.trim().slice(0, REASON_CHARS_MAX);
  } catch (error) {
    if (signal.aborted) throw error;
    return 'does not answer yet';
  }
}

/**
 * Waits until a node is ready.
 * @param onReason told whenever the node says why it is not
 * @throws the signal's reason
 */
export async function untilReady(rpc: string, signal: AbortSignal, onReason: (reason: string) => void): Promise<void> {
  for (;;) {
    const reason = await unreadyReason(rpc, signal);
    if (reason === undefined) return;
    onReason(reason);
    await delay(POLL_MS, undefined, { signal });
  }
}
