import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SeededRandom } from '../../test/sim/random.ts';

/** LevelDB's files that matter; its lock and its own log of events do not. */
const DATABASE_FILE = /^(?:CURRENT|MANIFEST-\d+|\d+\.(?:log|ldb))$/;
/** Bytes that one damage turns. */
const FLIPS_MAX = 4;

/** The database's files in a folder, sorted. */
export async function databaseFiles(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => DATABASE_FILE.test(name)).sort();
}

/** Turns one to four bits of a file. */
export async function flipBits(path: string, random: SeededRandom): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    for (let flips = random.integer(1, FLIPS_MAX); flips > 0 && size > 0; flips--) {
      const at = random.integer(0, size - 1);
      const byte = Buffer.alloc(1);
      await file.read(byte, 0, 1, at);
      byte[0]! ^= 1 << random.integer(0, 7);
      await file.write(byte, 0, 1, at);
    }
  } finally {
    await file.close();
  }
}

/** Turns bits of one file of the database, drawn among those that match. */
export async function flipDatabase(folder: string, random: SeededRandom, kind: RegExp = /./): Promise<void> {
  const names = (await databaseFiles(folder)).filter((name) => kind.test(name));
  if (names.length > 0) await flipBits(join(folder, random.pick(names)), random);
}
