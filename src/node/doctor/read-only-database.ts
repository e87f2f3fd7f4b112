import { Level } from 'level';
import type { Backend, Entry, KeyRange } from '../../store/backend.ts';

/** Values read at once: a page of the largest stays within some tens of MiB. */
const PAGE_ENTRIES = 64;

/**
 * A database that is looked at and left as it is: nothing is made, written or repaired. A repair here would hide from the
 * node that its journal lost something.
 */
export async function openReadOnly(directory: string): Promise<Backend> {
  const database = new Level<Uint8Array, Uint8Array>(directory, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    createIfMissing: false,
  });
  await database.open();
  const refuse = () => Promise.reject(new Error('this database is only looked at'));
  return {
    get: (key) => database.get(key),
    entries: (range) => entriesOf(database, range),
    apply: refuse,
    applyLazily: refuse,
    compact: refuse,
    close: () => database.close(),
  };
}

async function* entriesOf(database: Level<Uint8Array, Uint8Array>, { from, to }: KeyRange): AsyncGenerator<Entry> {
  let rest: { gte?: Uint8Array; gt?: Uint8Array; lt: Uint8Array } = { gte: from, lt: to };
  for (;;) {
    const page = await database.iterator({ ...rest, limit: PAGE_ENTRIES }).all();
    for (const [key, value] of page) yield { key, value };
    if (page.length < PAGE_ENTRIES) return;
    rest = { gt: page.at(-1)![0], lt: to };
  }
}
