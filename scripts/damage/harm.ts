import { open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SeededRandom } from '../../test/sim/random.ts';
import { databaseFiles, flipBits } from '../chaos/files.ts';

/** What a file system calls a page. */
const PAGE_BYTES = 4_096;

type Harm = (folder: string, names: readonly string[], random: SeededRandom) => Promise<void>;

/** What may happen to the files of a closed database, by name. */
const HARMS = {
  /** One to four bits turn. */
  flip: (folder, names, random) => flipBits(join(folder, random.pick(names)), random),
  /** A file ends early. */
  truncate: async (folder, names, random) => {
    const path = join(folder, random.pick(names));
    await truncate(path, random.integer(0, Math.max(0, (await readFile(path)).length - 1)));
  },
  /** A page of a file reads as zeros. */
  zero: async (folder, names, random) => {
    const file = await open(join(folder, random.pick(names)), 'r+');
    try {
      const { size } = await file.stat();
      const at = PAGE_BYTES * random.integer(0, Math.floor(size / PAGE_BYTES));
      await file.write(Buffer.alloc(Math.max(0, Math.min(PAGE_BYTES, size - at))), 0, undefined, at);
    } finally {
      await file.close();
    }
  },
  /** A file is gone. */
  delete: (folder, names, random) => rm(join(folder, random.pick(names))),
  /** Two files have each other's content. */
  swap: async (folder, names, random) => {
    const first = random.pick(names);
    const second = random.pick(names.filter((name) => name !== first));
    const [one, other] = await Promise.all([first, second].map((name) => readFile(join(folder, name))));
    await writeFile(join(folder, first), other!);
    await writeFile(join(folder, second), one!);
  },
} as const satisfies Record<string, Harm>;

export type HarmName = keyof typeof HARMS;
export const HARM_NAMES = Object.keys(HARMS) as readonly HarmName[];

/** Damages a closed database. @returns how */
export async function harm(folder: string, random: SeededRandom): Promise<HarmName> {
  const name = random.pick(HARM_NAMES);
  await HARMS[name](folder, await databaseFiles(folder), random);
  return name;
}
