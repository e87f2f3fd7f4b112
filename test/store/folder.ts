import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';

const folders: string[] = [];

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pheme-store-'));
  folders.push(folder);
  return folder;
}

export async function removeFolders(): Promise<void> {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
}

export type RawDatabase = Level<Uint8Array, Uint8Array>;

/** Opens a closed store's database underneath its checks. */
export async function withRaw<T>(directory: string, use: (raw: RawDatabase) => Promise<T>): Promise<T> {
  const raw: RawDatabase = new Level(directory, { keyEncoding: 'view', valueEncoding: 'view' });
  try {
    return await use(raw);
  } finally {
    await raw.close();
  }
}

/** Changes every stored value whose key begins with this letter. */
export async function damageTable(
  directory: string,
  prefix: string,
  change: (value: Uint8Array) => Uint8Array,
): Promise<number> {
  return withRaw(directory, async (raw) => {
    const rows = await raw
      .iterator({ gte: Buffer.from(prefix), lt: Buffer.concat([Buffer.from(prefix), Buffer.from('ff', 'hex')]) })
      .all();
    for (const [key, value] of rows) await raw.put(key, change(value));
    return rows.length;
  });
}

export function flipLastByte(value: Uint8Array): Uint8Array {
  const flipped = Uint8Array.from(value);
  flipped[flipped.length - 1]! ^= 1;
  return flipped;
}
