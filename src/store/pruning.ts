import type { Prune, StoredTask } from '../engine/ports.ts';
import type { Backend, Change } from './backend.ts';
import type { Tables } from './tables.ts';

/** A range behind all tables: to compact it only empties LevelDB's memory into a file. */
const NOWHERE = { from: Uint8Array.of(0xff), to: Uint8Array.of(0xff, 0xff) };

/** Drops what need not be kept, and remembers that it was dropped: a node never fetches it again. */
export class Pruning {
  readonly #tables: Tables;
  readonly #backend: Backend;

  constructor(tables: Tables, backend: Backend) {
    this.#tables = tables;
    this.#backend = backend;
  }

  /** The first time at which a part was dropped stays. */
  async prune(prunes: readonly Prune[], nowMs: number): Promise<void> {
    const changes = (await Promise.all(prunes.map((prune) => this.#changesOf(prune, nowMs)))).flat();
    if (changes.length > 0) await this.#backend.apply(changes);
  }

  async #changesOf({ taskId, body, reports, timeline }: Prune, nowMs: number): Promise<Change[]> {
    const { pruned, tasks, reports: reportTable, timelines } = this.#tables;
    const before = await pruned.get(taskId);
    const bodyAtMs = before?.bodyAtMs ?? (body ? nowMs : null);
    const reportsAtMs = before?.reportsAtMs ?? (reports === undefined ? null : nowMs);
    return [
      pruned.put(taskId, { bodyAtMs, reportsAtMs }),
      ...(body ? [tasks.delete(taskId)] : []),
      ...(reports ?? []).map((digest) => reportTable.delete(digest)),
      ...(timeline ? [timelines.delete(taskId)] : []),
    ];
  }

  async withoutDropped(tasks: readonly StoredTask[]): Promise<StoredTask[]> {
    const marks = await Promise.all(tasks.map(({ taskId }) => this.#tables.pruned.get(taskId)));
    return tasks.filter((_, at) => (marks[at]?.bodyAtMs ?? null) === null);
  }

  /**
   * To be called before values are deleted that may be young: LevelDB writes a value and its deletion that met in its
   * memory into one file, and merges them only much later. In a file of its own the value goes with the next merge.
   */
  flush(): Promise<void> {
    return this.#backend.compact(NOWHERE);
  }

  async compact(): Promise<void> {
    for (const table of [this.#tables.tasks, this.#tables.reports, this.#tables.timelines]) await table.compact();
  }
}
