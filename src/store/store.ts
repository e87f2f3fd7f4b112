import type {
  Clock,
  JournalEntry,
  Notes,
  PrunedTask,
  PruneStore,
  ResultQuery,
  SideStore,
  Store,
  StoredEvidence,
  StoredResult,
  StoredTask,
  StoreWrite,
} from '../engine/ports.ts';
import { ValidationError } from '../protocol/errors.ts';
import type { Digest } from '../protocol/hash.ts';
import type { Backend, Change, Damage } from './backend.ts';
import type { DamageLog } from './damage-log.ts';
import { Pruning } from './pruning.ts';
import { ResultLog } from './result-log.ts';
import type { Tables } from './tables.ts';

export interface StoreOptions {
  /** Called once for each damaged value that is met. Must not throw. */
  onDamage?: (damage: Damage) => void;
  /** Dates results; the system's clock if left out. */
  clock?: Pick<Clock, 'nowMs'>;
}

interface StoreParts {
  storeId: string;
  backend: Backend;
  tables: Tables;
  damage: DamageLog;
  clock?: Pick<Clock, 'nowMs'> | undefined;
}

/** A store over any ordered bytes: tables, each value checked, and the log of results. */
export class TableStore implements Store {
  readonly storeId: string;
  readonly notes: Notes = {
    get: (name) => this.#tables.notes.get(name),
    set: (name, text) => this.#backend.apply([this.#tables.notes.put(name, text)]),
  };
  readonly side: SideStore = {
    timeline: (taskId) => this.#tables.timelines.get(taskId),
    keep: (kept) => this.#keepLazily(kept),
  };
  readonly pruning: PruneStore = {
    prune: (prunes, nowMs) => this.#prune(prunes, nowMs),
    compact: () => this.#pruning.compact(),
  };
  readonly #backend: Backend;
  readonly #openTables: Tables;
  readonly #resultLog: ResultLog;
  readonly #damage: DamageLog;
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #pruning: Pruning;
  #writing: Promise<void> | undefined;
  /** What is dropped now: a write that began before would put it back, one that comes meanwhile waits. */
  #dropping: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  /** A write failed: whether it took place is unknown until the order is read again. */
  #outcomeIsUnknown = false;

  constructor({ storeId, backend, tables, damage, clock = { nowMs: Date.now } }: StoreParts) {
    this.storeId = storeId;
    this.#backend = backend;
    this.#openTables = tables;
    this.#resultLog = new ResultLog(tables);
    this.#pruning = new Pruning(tables, backend);
    this.#damage = damage;
    this.#clock = clock;
  }

  /** Reads the order of results; needed before use where the database is not new. */
  async load(): Promise<void> {
    await this.#resultLog.load();
    await this.#repairOrder();
  }

  async write(write: StoreWrite): Promise<void> {
    this.#assertOpen();
    if (this.#writing !== undefined) {
      throw new ValidationError('the store takes one write at a time: await the last one first', 'WRITE_IN_FLIGHT');
    }
    this.#writing = this.#write(write);
    try {
      await this.#writing;
    } finally {
      this.#writing = undefined;
    }
  }

  async #write(write: StoreWrite): Promise<void> {
    await this.#dropping;
    if (this.#outcomeIsUnknown) await this.#resultLog.load();
    await this.#repairOrder();
    const prepared = await this.#resultLog.prepare(write.results ?? [], this.#clock.nowMs());
    await this.#apply([...(await this.#changesOf(write)), ...prepared.changes]);
    this.#resultLog.commit(prepared);
  }

  async #prune(...what: Parameters<PruneStore['prune']>): Promise<void> {
    this.#assertOpen();
    await this.#pruning.flush();
    while (this.#writing !== undefined || this.#dropping !== undefined)
      await Promise.allSettled([this.#writing, this.#dropping]);
    this.#assertOpen();
    const dropped = this.#pruning.prune(...what);
    this.#dropping = dropped
      .catch(() => undefined)
      .finally(() => {
        this.#dropping = undefined;
      });
    await dropped;
  }

  /** Tasks, reports and evidence are kept as they were first stored, unless that was damaged; a dropped body stays away. */
  async #changesOf({
    tasks = [],
    reports = [],
    evidence = [],
    journal,
    dropJournal = [],
  }: StoreWrite): Promise<Change[]> {
    const tables = this.#openTables;
    const kept = await this.#pruning.withoutDropped(tasks);
    const rows = await Promise.all([
      tables.tasks.putNew(kept.map(({ taskId, ...task }) => [taskId, task])),
      tables.reports.putNew(reports.map(({ digest, reportBytes }) => [digest, reportBytes])),
      tables.evidence.putNew(evidence.map(({ evidenceBytes, ...key }) => [key, evidenceBytes])),
    ]);
    return [
      ...rows.flat(),
      ...dropJournal.map((tick) => tables.journal.delete(tick)),
      ...(journal === undefined ? [] : [tables.journal.put(journal.tick, journal.bytes)]),
    ];
  }

  async #apply(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return;
    this.#outcomeIsUnknown = true;
    await this.#backend.apply(changes);
    this.#outcomeIsUnknown = false;
    for (const { key } of changes) this.#damage.forget(key);
  }

  /** Certificates keep their result's place; one whose place moves meanwhile is mended like any damaged order. */
  async #keepLazily({ timelines = [], certificates = [] }: Parameters<SideStore['keep']>[0]): Promise<void> {
    const tables = this.#tables;
    const changes = timelines.map(({ taskId, bytes }) => tables.timelines.put(taskId, bytes));
    for (const { taskId, certBytes } of certificates) {
      const row = await tables.results.get(taskId);
      if (row !== undefined) changes.push(tables.results.put(taskId, { ...row, certBytes }));
    }
    if (changes.length > 0) await this.#backend.applyLazily(changes);
  }

  async #repairOrder(): Promise<void> {
    const changes = await this.#resultLog.repairs();
    if (changes.length === 0) return;
    await this.#apply(changes);
    await this.#resultLog.load();
  }

  async journal(): Promise<JournalEntry[]> {
    const entries: JournalEntry[] = [];
    for await (const [tick, bytes] of this.#tables.journal.sound()) entries.push({ tick, bytes });
    return entries;
  }

  async task(taskId: Digest): Promise<StoredTask | undefined> {
    const task = await this.#tables.tasks.get(taskId);
    return task && { taskId, ...task };
  }

  report(digest: Digest): Promise<Uint8Array | undefined> {
    return this.#tables.reports.get(digest);
  }

  result(taskId: Digest): Promise<StoredResult | undefined> {
    return this.#results.find(taskId);
  }

  async hasResult(taskId: Digest): Promise<boolean> {
    return (await this.#tables.results.find(taskId)).state !== 'absent';
  }

  results(query: ResultQuery): Promise<StoredResult[]> {
    return this.#results.list(query);
  }

  resultIds(cursor: number, limit: number): Promise<{ sequence: number; taskId: Digest }[]> {
    return this.#results.ids(cursor, limit);
  }

  resultCount(): number {
    return this.#resultLog.count;
  }

  async evidence(limit: number): Promise<StoredEvidence[]> {
    const kept: StoredEvidence[] = [];
    for await (const [key, evidenceBytes] of this.#tables.evidence.sound()) {
      if (kept.length >= limit) break;
      kept.push({ ...key, evidenceBytes });
    }
    return kept;
  }

  pruned(taskId: Digest): Promise<PrunedTask | undefined> {
    return this.#tables.pruned.get(taskId);
  }

  damagedCount(): number {
    return this.#damage.count;
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      await Promise.allSettled([this.#writing, this.#dropping]);
      await this.#backend.close();
    })();
    return this.#closing;
  }

  get #tables(): Tables {
    this.#assertOpen();
    return this.#openTables;
  }

  get #results(): ResultLog {
    this.#assertOpen();
    return this.#resultLog;
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new ValidationError('the store is closed', 'DATA_CLOSED');
  }
}
