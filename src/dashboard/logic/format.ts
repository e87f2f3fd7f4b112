const ID_CHARS_SHOWN = 8;

/** The beginning of a key or digest, as the command line shows it. */
export function shortId(id: string): string {
  return id.length > ID_CHARS_SHOWN ? `${id.slice(0, ID_CHARS_SHOWN)}…` : id;
}

/** @param share 0 to 1 */
export function percent(share: number): string {
  const text = (share * 100).toFixed(1);
  return `${text.endsWith('.0') ? text.slice(0, -2) : text}%`;
}

/** E.g. `42 ms`, `3.1 s`, `4 min`, `2 h 5 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} days`;
}

/** How long ago a time was; clocks may differ, so the future is now. */
export function ago(isoTime: string, nowMs: number): string {
  const ms = nowMs - Date.parse(isoTime);
  return ms < 1000 ? 'just now' : `${duration(ms)} ago`;
}

/** `2026-11-22 21:40:03`, in UTC as everywhere in the product. */
export function utc(isoTime: string): string {
  return isoTime.slice(0, 19).replace('T', ' ');
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
