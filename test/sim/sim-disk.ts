import type {
  JournalEntry,
  ResultQuery,
  Store,
  StoredEvidence,
  StoredResult,
  StoredTask,
  StoreWrite,
} from '../../src/engine/ports.ts';
import type { SeededRandom } from './random.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** What survives a crash. A write becomes durable at some moment before its promise resolves, whole or not at all. */
export class SimDisk {
  readonly tasks = new Map<string, StoredTask>();
  readonly entries = new Map<number, Uint8Array>();
  readonly reports = new Map<string, Uint8Array>();
  readonly results = new Map<string, StoredResult>();
  readonly evidence: StoredEvidence[] = [];
  readonly storeId: string;

  constructor(storeId: string) {
    this.storeId = storeId;
  }

  /** What a backup holds that is made now. */
  copy(): SimDisk {
    const copy = new SimDisk(this.storeId);
    for (const [key, value] of this.tasks) copy.tasks.set(key, value);
    for (const [key, value] of this.entries) copy.entries.set(key, value);
    for (const [key, value] of this.reports) copy.reports.set(key, value);
    for (const [key, value] of this.results) copy.results.set(key, value);
    copy.evidence.push(...this.evidence);
    return copy;
  }

  apply(write: StoreWrite, nowMs: number): void {
    for (const task of write.tasks ?? []) if (!this.tasks.has(task.taskId)) this.tasks.set(task.taskId, task);
    if (write.journal !== undefined) this.entries.set(write.journal.tick, write.journal.bytes);
    for (const { digest, reportBytes } of write.reports ?? []) this.reports.set(digest, reportBytes);
    for (const { taskId, certBytes } of write.results ?? []) {
      if (this.results.has(taskId)) continue;
      this.results.set(taskId, { taskId, certBytes, sequence: this.results.size + 1, storedAtMs: nowMs });
    }
    this.evidence.push(...(write.evidence ?? []));
    for (const tick of write.dropJournal ?? []) this.entries.delete(tick);
  }
}

export interface DiskFaults {
  /** Longest time of a synced write. */
  writeMsMax: number;
  /** Probability that a write fails, though it may have become durable. */
  failure: number;
}

/** Opens a disk for one run of a node; after `crash` nothing that was under way reaches it. */
export class SimStore implements Store {
  readonly #disk: SimDisk;
  readonly #clock: VirtualClock;
  readonly #random: SeededRandom;
  readonly #faults: DiskFaults;
  /** Told before a write begins, and once it is durable: moments at which a process may die. */
  readonly #onPoint: (point: 'unwritten' | 'written') => void;
  #crashed = false;
  #writing = false;

  constructor(
    disk: SimDisk,
    clock: VirtualClock,
    random: SeededRandom,
    faults: DiskFaults,
    onPoint: (point: 'unwritten' | 'written') => void = () => {},
  ) {
    this.#disk = disk;
    this.#clock = clock;
    this.#random = random;
    this.#faults = faults;
    this.#onPoint = onPoint;
  }

  get storeId(): string {
    return this.#disk.storeId;
  }

  crash(): void {
    this.#crashed = true;
  }

  write(write: StoreWrite): Promise<void> {
    if (this.#writing) throw new Error('two writes at a time');
    this.#writing = true;
    this.#onPoint('unwritten');
    const durableMs = this.#random.fraction() * this.#faults.writeMsMax;
    const doneMs = durableMs + this.#random.fraction() * this.#faults.writeMsMax;
    const fails = this.#random.chance(this.#faults.failure);
    const reaches = !fails || this.#random.chance(0.5);
    return new Promise((resolve, reject) => {
      this.#clock.setTimer(durableMs, () => {
        if (this.#crashed || !reaches) return;
        this.#disk.apply(write, this.#clock.nowMs());
        this.#onPoint('written');
      });
      this.#clock.setTimer(doneMs, () => {
        this.#writing = false;
        if (this.#crashed) return; // the process is gone
        if (fails) reject(new Error('simulated write failure'));
        else resolve();
      });
    });
  }

  async journal(): Promise<JournalEntry[]> {
    return [...this.#disk.entries].sort(([a], [b]) => a - b).map(([tick, bytes]) => ({ tick, bytes }));
  }
  async task(taskId: string): Promise<StoredTask | undefined> {
    return this.#disk.tasks.get(taskId);
  }
  async report(digest: string): Promise<Uint8Array | undefined> {
    return this.#disk.reports.get(digest);
  }
  async result(taskId: string): Promise<StoredResult | undefined> {
    return this.#disk.results.get(taskId);
  }
  async hasResult(taskId: string): Promise<boolean> {
    return this.#disk.results.has(taskId);
  }
  async results({ limit, cursor, order }: ResultQuery): Promise<StoredResult[]> {
    const all = [...this.#disk.results.values()];
    const ordered = order === 'oldest' ? all : all.reverse();
    const after = ({ sequence }: StoredResult) =>
      cursor === undefined || (order === 'oldest' ? sequence > cursor : sequence < cursor);
    return ordered.filter(after).slice(0, limit);
  }
  async resultIds(cursor: number, limit: number): Promise<{ sequence: number; taskId: string }[]> {
    return this.results({ cursor, limit, order: 'oldest' });
  }
  async pruned(): Promise<undefined> {}
  resultCount(): number {
    return this.#disk.results.size;
  }
  async evidence(limit: number): Promise<StoredEvidence[]> {
    return this.#disk.evidence.slice(0, limit);
  }
  damagedCount(): number {
    return 0;
  }
  async close(): Promise<void> {}
}
