/**
 * The container's health: `node healthcheck.mjs [/livez | /readyz]` exits 0 if the node in this container answers the
 * path with 2xx, else 1 with the reason on standard output, where `docker inspect` shows it.
 */

/** Within the 10 s that one check may take, so that the reason is said. */
const ANSWER_MS = 8000;
const REASON_CHARS_MAX = 500;

const port = process.env.PHEME_RPC_PORT ?? '7436';
const path = process.argv[2] ?? '/livez';

try {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(ANSWER_MS) });
  const text = await answer.text();
  console.log(`${answer.status} ${text.trim().slice(0, REASON_CHARS_MAX)}`);
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  console.log(`no answer on port ${port}: ${error.cause?.code ?? error.message}`);
  process.exitCode = 1;
}
