import { z } from 'zod';
import { REASON_CODES, TIMELINE_EVENTS } from '../protocol/explanation.ts';
import type { Digest } from '../protocol/hash.ts';
import type { Background } from './background.ts';
import { BoundedMap } from './bounded.ts';
import { TIMELINE_ENTRIES_MAX, TIMELINE_WRITE_MS, TIMELINES_RECENT_MAX } from './limits.ts';
import type { Clock, Logger, SideStore, TimelineEntry } from './ports.ts';

const FORMAT = 1;

const storedSchema = z.strictObject({
  format: z.literal(FORMAT),
  entries: z
    .array(
      z.strictObject({
        event: z.enum(TIMELINE_EVENTS),
        atMs: z.number(),
        validatorIndex: z.int().min(0).exactOptional(),
        round: z.int().min(0).exactOptional(),
        reason: z.enum(REASON_CODES).exactOptional(),
        note: z.string().exactOptional(),
      }),
    )
    .max(TIMELINE_ENTRIES_MAX),
});

export interface TimelinesContext {
  /** Null keeps timelines in memory alone. */
  side: SideStore | null;
  clock: Clock;
  logger: Logger;
  background: Background;
  onNoted(taskId: Digest, entry: TimelineEntry): void;
}

/**
 * What was seen of each task, in the order in which it happened here: in memory while it is open, and written from time
 * to time without waiting for the disk. A crash loses the last moments of it, which harms nothing.
 */
export class Timelines {
  readonly #context: TimelinesContext;
  readonly #open = new Map<Digest, TimelineEntry[]>();
  /** Of decided tasks: late signatures still come. */
  readonly #recent = new BoundedMap<Digest, TimelineEntry[]>(TIMELINES_RECENT_MAX);
  readonly #unwritten = new Set<Digest>();
  /** Entries of the run before, read back once a task shows up again. */
  readonly #restoring = new Map<Digest, Promise<void>>();
  #cancelTimer: (() => void) | undefined;
  #flushing: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(context: TimelinesContext) {
    this.#context = context;
  }

  /** A task was taken in. */
  begin(taskId: Digest): void {
    this.#open.set(taskId, []);
  }

  /** Adds an entry to a task of late; past the bound only the decision is added. */
  note(taskId: Digest, { event, ...more }: Omit<TimelineEntry, 'atMs'>): void {
    const entry = { event, atMs: this.#context.clock.nowMs(), ...more };
    const entries = this.#open.get(taskId) ?? this.#recent.get(taskId);
    if (entries === undefined) return;
    if (entries.length >= TIMELINE_ENTRIES_MAX) {
      // The beginning tells most, and so does the end: what lies between them goes.
      if (event !== 'decided') return;
      entries.pop();
    }
    entries.push(entry);
    this.#write(taskId);
    this.#context.onNoted(taskId, entry);
  }

  /** The task's decision is durable: only late signatures follow. */
  close(taskId: Digest): void {
    const entries = this.#open.get(taskId);
    this.#open.delete(taskId);
    if (entries === undefined) return;
    this.#recent.set(taskId, entries);
    this.#write(taskId);
  }

  /** Puts what the run before saw of an open task in front of what this run sees. */
  restore(taskId: Digest): void {
    const { side, background } = this.#context;
    if (side === null) return;
    const restored = side
      .timeline(taskId)
      .then((bytes) => {
        const before = (bytes && decodeTimeline(bytes)) ?? [];
        const entries = this.#open.get(taskId) ?? this.#recent.get(taskId);
        entries?.splice(0, entries.length, ...joined(before, entries));
      })
      .finally(() => this.#restoring.delete(taskId));
    this.#restoring.set(taskId, restored);
    background('reading a timeline', restored);
  }

  /** What is held in memory of a task: while it is open, and for a while after. */
  recent(taskId: Digest): readonly TimelineEntry[] | undefined {
    return this.#open.get(taskId) ?? this.#recent.get(taskId);
  }

  /** What was seen of a task, oldest first; empty if this node was not there, or lost its record. */
  async get(taskId: Digest): Promise<readonly TimelineEntry[]> {
    await this.#restoring.get(taskId)?.catch(() => undefined);
    const held = this.recent(taskId);
    if (held !== undefined) return held;
    const bytes = await this.#context.side?.timeline(taskId);
    return (bytes && decodeTimeline(bytes)) ?? [];
  }

  /** Writes no more by itself. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
  }

  #write(taskId: Digest): void {
    if (this.#stopped || this.#context.side === null) return;
    this.#unwritten.add(taskId);
    this.#cancelTimer ??= this.#context.clock.setTimer(TIMELINE_WRITE_MS, () => {
      this.#cancelTimer = undefined;
      this.#context.background('writing timelines', this.flush());
    });
  }

  /** Writes what was not written yet; a failure loses it, and is told at debug. */
  flush(): Promise<void> {
    this.#flushing = this.#flush();
    return this.#flushing;
  }

  /** Forgets what is held in memory of a decided task; once this resolves, nothing writes it any more. */
  async drop(taskId: Digest): Promise<void> {
    this.#recent.delete(taskId);
    this.#unwritten.delete(taskId);
    await this.#flushing;
  }

  async #flush(): Promise<void> {
    await Promise.allSettled(this.#restoring.values());
    const timelines = [...this.#unwritten].flatMap((taskId) => {
      const entries = this.recent(taskId);
      return entries === undefined ? [] : [{ taskId, bytes: encodeTimeline(entries) }];
    });
    this.#unwritten.clear();
    if (timelines.length === 0) return;
    try {
      await this.#context.side?.keep({ timelines });
    } catch (error) {
      this.#context.logger.debug({ error: (error as Error).message }, 'timelines were not written');
    }
  }
}

function encodeTimeline(entries: readonly TimelineEntry[]): Uint8Array {
  return Buffer.from(JSON.stringify({ format: FORMAT, entries }));
}

/** What a validator says again after a restart stands in the record already. */
function joined(before: readonly TimelineEntry[], since: readonly TimelineEntry[]): TimelineEntry[] {
  const keyOf = ({ event, validatorIndex, round }: TimelineEntry) => `${event}/${validatorIndex}/${round}`;
  const known = new Set(before.map(keyOf));
  const fresh = since.filter((entry) => entry.event === 'restarted' || !known.has(keyOf(entry)));
  return [...before, ...fresh].slice(0, TIMELINE_ENTRIES_MAX);
}

/** Undefined for what another version wrote. */
export function decodeTimeline(bytes: Uint8Array): TimelineEntry[] | undefined {
  try {
    return storedSchema.parse(JSON.parse(Buffer.from(bytes).toString())).entries;
  } catch {
    return undefined;
  }
}
