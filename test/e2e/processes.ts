import { readdir, readFile } from 'node:fs/promises';

/** Processes whose command line holds a text, by id; from /proc, so on Linux only. */
export async function processesMentioning(text: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return pids.filter((_, at) => lines[at]!.includes(text)).map(Number);
}
