import { execFile } from 'node:child_process';
import { mkdtemp, open, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Room for a campaign's database, and for what LevelDB needs free to go on after a failed write. */
const DISK_MIB = 64;
const FILLER = 'filler';
const FILLER_CHUNK_BYTES = 1 << 20;

/** Why no small file system can be mounted here, or undefined. */
export async function mountFault(): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'pheme-mount-'));
  try {
    await mountSmallDisk(folder);
    await run('umount', [folder]);
    return undefined;
  } catch {
    return 'needs root, the program mount and tmpfs';
  } finally {
    await rmdir(folder);
  }
}

/** Puts a small file system of its own over an empty folder. */
export async function mountSmallDisk(folder: string): Promise<void> {
  await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m,mode=0700`, 'pheme-chaos', folder]);
}

export async function unmount(folder: string): Promise<void> {
  await run('umount', [folder]);
}

/** Takes every free byte. */
export async function fill(folder: string): Promise<void> {
  const file = await open(join(folder, FILLER), 'a');
  try {
    for (let chunkBytes = FILLER_CHUNK_BYTES; chunkBytes >= 1; ) {
      const written = await file.write(Buffer.alloc(chunkBytes)).catch(() => ({ bytesWritten: 0 }));
      if (written.bytesWritten < chunkBytes) chunkBytes >>= 1;
    }
  } finally {
    await file.close();
  }
}

/** Gives the space back. */
export function free(folder: string): Promise<void> {
  return rm(join(folder, FILLER), { force: true });
}

/** Makes the file system twice as large, or as small as before. */
export async function resize(folder: string, to: 'grown' | 'small'): Promise<void> {
  await run('mount', ['-o', `remount,size=${to === 'grown' ? 2 * DISK_MIB : DISK_MIB}m`, folder]);
}
