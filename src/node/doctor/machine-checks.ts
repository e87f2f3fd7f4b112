import { randomBytes } from 'node:crypto';
import { open, readFile, rm, statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import type { Facts } from './facts.ts';
import { type Finding, failure, ok, warning } from './finding.ts';

const MIB = 1024 * 1024;
/** The store needs room for a fresh log and a compaction: below this it may stop writing at any moment. */
const DISK_MIB_MIN = 256;
/** Some months of ordinary use. */
const DISK_MIB_WANTED = 2048;
/** A judging thread with Python's linter, and what the node itself takes. */
const THREAD_MIB = 110;
const NODE_MIB = 250;
/** Descriptors beside those of clients and peers: the database's files, logs, pipes, threads. */
const DESCRIPTORS_OWN = 256;
/** A decision takes about five synced writes one after the other. */
const FSYNC_P99_MS_MAX = 100;
const FSYNC_WRITES = 40;
const FSYNC_BYTES = 4096;

export async function checkNode(): Promise<Finding[]> {
  return [ok('node', `Node.js ${process.versions.node} on ${process.platform} ${process.arch}`)];
}

/** Free space and the speed of synced writes where the data is, or will be. */
export async function checkDisk({ home, paths }: Facts): Promise<Finding[]> {
  const folder = await firstThere([paths.data, home]);
  if (folder === undefined) return [];
  const { bavail, bsize } = await statfs(folder);
  const findings = [spaceFinding(folder, Math.floor((bavail * bsize) / MIB))];
  try {
    findings.push(fsyncFinding(folder, await fsyncTimes(folder)));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    findings.push(failure('disk writing', `${folder} cannot be written (${code})`, `check its owner, mode and mount`));
  }
  return findings;
}

export function spaceFinding(folder: string, freeMib: number): Finding {
  const found = `${freeMib} MiB free at ${folder}`;
  if (freeMib < DISK_MIB_MIN)
    return failure('disk space', found, `free at least ${DISK_MIB_MIN} MiB, or move the home`);
  if (freeMib < DISK_MIB_WANTED) return warning('disk space', found, `free ${DISK_MIB_WANTED} MiB before it runs full`);
  return ok('disk space', found);
}

export function fsyncFinding(folder: string, times: readonly number[]): Finding {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  const found = `a synced write takes ${at(0.5).toFixed(1)} ms, p99 ${at(0.99).toFixed(1)} ms (${sorted.length} measured at ${folder})`;
  if (at(0.99) <= FSYNC_P99_MS_MAX) return ok('disk writing', found);
  const remedy = 'every decision waits for some of them: use a local SSD, and no network file system';
  return warning('disk writing', found, remedy);
}

async function fsyncTimes(folder: string): Promise<number[]> {
  const path = join(folder, `.doctor-${randomBytes(6).toString('hex')}.tmp`);
  const file = await open(path, 'wx', 0o600);
  const times: number[] = [];
  try {
    for (let at = 0; at < FSYNC_WRITES; at++) {
      const startedMs = performance.now();
      await file.write(randomBytes(FSYNC_BYTES));
      await file.datasync();
      times.push(performance.now() - startedMs);
    }
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
  return times;
}

async function firstThere(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await statfs(path).then(() => true, () => false)) return path; // biome-ignore format: one thought
  return undefined;
}

export async function checkLimits({ config, newest }: Facts): Promise<Finding[]> {
  const clients = config.value?.config.rpc.limits.connections ?? 0;
  const validators = newest?.validators.length ?? 0;
  const limit = await descriptorLimit();
  const needed = clients + 4 * validators + DESCRIPTORS_OWN;
  const findings = limit === undefined ? [] : [descriptorFinding(limit, needed)];
  return [...findings, memoryFinding(config.value?.config.worker.concurrency ?? 1)];
}

export function descriptorFinding(limit: number, needed: number): Finding {
  const found = `${limit} open files allowed, up to ${needed} needed`;
  if (limit >= needed) return ok('file limit', found);
  return failure('file limit', found, `raise it: ulimit -n ${2 * needed}, or LimitNOFILE=${2 * needed} in the service`);
}

/** Of this process, and so of a node started alike; undefined where the system does not tell. */
async function descriptorLimit(): Promise<number | undefined> {
  const text = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(text)?.[1];
  if (soft === undefined) return undefined;
  return soft === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(soft);
}

function memoryFinding(concurrency: number): Finding {
  const constrained = process.constrainedMemory();
  const total = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return memoryFindingOf(Math.floor(total / MIB), concurrency);
}

export function memoryFindingOf(totalMib: number, concurrency: number): Finding {
  const wanted = NODE_MIB + concurrency * THREAD_MIB;
  const found = `${totalMib} MiB of memory, ${wanted} MiB wanted with ${concurrency} judging threads`;
  if (totalMib >= wanted) return ok('memory', found);
  const fitting = Math.floor((totalMib - NODE_MIB) / THREAD_MIB);
  if (fitting < 1) return failure('memory', found, `give it at least ${NODE_MIB + THREAD_MIB} MiB`);
  return warning('memory', found, `give it more, or set worker.concurrency to ${fitting}`);
}
