import { fstatSync } from 'node:fs';

/** A pipe that stays silent this long was inherited, not fed: `git diff` has printed its first line by then. */
const PATIENCE_MS = 2000;

/** What is piped or redirected to standard input, or undefined if that is nothing. */
export async function pipedInput(): Promise<string | undefined> {
  const stat = fstatSync(0);
  if (process.stdin.isTTY || !(stat.isFile() || stat.isFIFO() || stat.isSocket())) return undefined;
  const silent = new AbortController();
  const timer = setTimeout(() => silent.abort(), PATIENCE_MS);
  const parts: Buffer[] = [];
  const ended = new Promise<void>((done, fail) => {
    process.stdin.on('data', (part: Buffer) => {
      clearTimeout(timer);
      parts.push(part);
    });
    process.stdin.once('end', done).once('error', fail);
    silent.signal.addEventListener('abort', () => done());
  });
  await ended;
  clearTimeout(timer);
  process.stdin.destroy(); // an open pipe would keep this process alive
  const text = Buffer.concat(parts).toString('utf8');
  return text.trim() === '' ? undefined : text;
}
