import { type MemorySample, sampleMemory } from './memory.ts';
import { type Point, spreadOf, type Trend, trendOf } from './trend.ts';

/** A process to watch. */
export interface Watched {
  index: number;
  pid: number;
  /** URL of its RPC. */
  rpc: string;
}

/** What was measured of one process. */
export interface MemoryFigures {
  node: number;
  rssMb: { idle: number; peak: number; afterWarmUp: Trend | undefined };
  fileMb: Trend | undefined;
  heapMb: Trend | undefined;
  externalMb: Trend | undefined;
  loopLagP99Ms: ReturnType<typeof spreadOf>;
}

type Sample = MemorySample & { atSeconds: number };

/** Samples processes at a steady pace. */
export class MemoryWatch {
  readonly #watched: readonly Watched[];
  readonly #samples = new Map<number, Sample[]>();
  readonly #idleMb = new Map<number, number>();

  constructor(watched: readonly Watched[]) {
    this.#watched = watched;
  }

  /** What the processes hold before there is anything to do. */
  async idle(): Promise<void> {
    for (const { index, pid, rpc } of this.#watched) this.#idleMb.set(index, (await sampleMemory(pid, rpc)).rssMb);
  }

  async sample(atSeconds: number): Promise<void> {
    await Promise.all(
      this.#watched.map(async ({ index, pid, rpc }) => {
        const samples = this.#samples.get(index) ?? [];
        this.#samples.set(index, samples);
        samples.push({ atSeconds, ...(await sampleMemory(pid, rpc)) });
      }),
    );
  }

  /** The latest resident memory of every process, in MB. */
  latestMb(): number[] {
    return this.#watched.map(({ index }) => Math.round(this.#samples.get(index)?.at(-1)?.rssMb ?? 0));
  }

  /** Trends leave out what came before the end of the warm-up. */
  figures(warmUpSeconds: number): MemoryFigures[] {
    return this.#watched.map(({ index }) => {
      const samples = this.#samples.get(index) ?? [];
      const warm = samples.filter(({ atSeconds }) => atSeconds >= warmUpSeconds);
      return {
        node: index,
        rssMb: {
          idle: Math.round(this.#idleMb.get(index) ?? 0),
          peak: Math.round(Math.max(0, ...samples.map(({ rssMb }) => rssMb))),
          afterWarmUp: trendOf(points(warm, 'rssMb')),
        },
        fileMb: trendOf(points(warm, 'fileMb')),
        heapMb: trendOf(points(warm, 'heapMb')),
        externalMb: trendOf(points(warm, 'externalMb')),
        loopLagP99Ms: spreadOf(points(warm, 'lagP99Ms').map(({ value }) => value)),
      };
    });
  }
}

function points(samples: readonly Sample[], of: keyof MemorySample): Point[] {
  return samples.flatMap(({ atSeconds, [of]: value }) => (value === undefined ? [] : [{ atSeconds, value }]));
}
