import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EMBEDDED_VARIANTS } from '../../src/config/embedded-variants.ts';
import { AIModelManager } from '../../src/models/manager.ts';
import { parseTask } from '../../src/protocol/task.ts';
import { madeReviews } from '../evaluation/made-changes.ts';
import { type BenchOptions, quantile, type Table, timed } from './measures.ts';

const run = promisify(execFile);
const MB = 1_000_000;

/** Tasks a second of each embedded model with its screening, in one thread; the tasks are made and the same in every run. */
export async function judging({ samples }: BenchOptions): Promise<Table> {
  const made = madeReviews(1);
  const tasks = Array.from({ length: samples }, () => parseTask(JSON.parse(made.next().value!)));
  const table: Table = {};
  for (const variant of EMBEDDED_VARIANTS) {
    const manager = new AIModelManager({ default: `embedded:${variant}` });
    await manager.predict(tasks[0]!); // loads the weights
    const { perSecond, timesMs } = await timed(samples, (n) => manager.predict(tasks[n]!));
    table[variant] = {
      'tasks a second': perSecond,
      'p50 ms': quantile(timesMs, 0.5),
      'p99 ms': quantile(timesMs, 0.99),
    };
  }
  return table;
}

interface Packed {
  size: number;
  unpackedSize: number;
  entryCount: number;
  filename: string;
}

interface LockFile {
  packages: Record<string, { dev?: boolean; optional?: boolean }>;
}

/** What a user downloads and holds, from the lock file and the packages that stand in node_modules. */
export async function install(): Promise<Table> {
  const directory = await mkdtemp(join(tmpdir(), 'pheme-bench-'));
  try {
    const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', directory];
    const [packed] = JSON.parse((await run('npm', args)).stdout) as [Packed];
    const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8')) as LockFile;
    const placed = Object.entries(packages).filter(
      ([path, { dev }]) => path.startsWith('node_modules/') && dev !== true,
    );
    const needed = placed.filter(([, { optional }]) => optional !== true).map(([path]) => path);
    const row = async (paths: readonly string[]) => ({
      packages: paths.length,
      MB: (await Promise.all(paths.map(bytesOf))).reduce((sum, bytes) => sum + bytes, 0) / MB,
    });
    return {
      'the package itself': {
        packages: 1,
        MB: packed.unpackedSize / MB,
        'packed MB': packed.size / MB,
        files: packed.entryCount,
      },
      'what it needs': await row(needed),
      'with what is optional': await row(placed.map(([path]) => path)),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Bytes of a package without the packages nested in it, which the lock file lists by themselves. */
async function bytesOf(path: string): Promise<number> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []); // of another platform
  const sizes = entries.map(async (entry) => {
    if (entry.name === 'node_modules') return 0;
    const inside = join(path, entry.name);
    return entry.isDirectory() ? bytesOf(inside) : (await stat(inside)).size;
  });
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
}
