import { toHex } from '../protocol/bytes.ts';
import type { Backend, Entry } from './backend.ts';

/** Keeps everything in memory, and nothing after `close`. */
export function createMemoryBackend(): Backend {
  const values = new Map<string, Entry>();
  const keys: string[] = []; // hex sorts like the bytes it stands for
  const apply: Backend['apply'] = async (changes) => {
    for (const { key, value } of changes) {
      const hex = toHex(key);
      const present = values.has(hex);
      if (value === null) values.delete(hex);
      else values.set(hex, { key, value });
      if (present !== (value !== null)) keys.splice(lowerBound(keys, hex), present ? 1 : 0, ...(present ? [] : [hex]));
    }
  };

  return {
    get: async (key) => values.get(toHex(key))?.value,
    async *entries({ from, to, reverse = false }) {
      const found = keys
        .slice(lowerBound(keys, toHex(from)), lowerBound(keys, toHex(to)))
        .map((key) => values.get(key)!);
      yield* reverse ? found.reverse() : found;
    },
    apply,
    applyLazily: apply,
    compact: async () => {},
    close: async () => {
      values.clear();
      keys.length = 0;
    },
  };
}

/** Position of the first of the sorted keys that is not below `key`. */
function lowerBound(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
