import type { Epochs } from '../engine/epochs.ts';
import type { Clock, Logger, Notes, Prune, PruneStore, Store } from '../engine/ports.ts';
import { bundleFromCbor } from '../protocol/bundle.ts';
import { decodeCanonical } from '../protocol/cbor.ts';
import { ValidationError } from '../protocol/errors.ts';
import type { Digest } from '../protocol/hash.ts';
import { decodeCore } from '../protocol/value.ts';

/** Tasks dropped in one write: some milliseconds in which the engine's next write waits. */
const BATCH_TASKS = 64;
/** Reports looked at in one sweep: their digests are held in memory while younger results are searched for them. */
const SWEEP_TASKS_MAX = 2_000;
/** Between two sweeps: a 24th of the shortest age, so that what is kept is kept little longer than asked for. */
const SWEEPS_AN_AGE = 24;
const SWEEP_MS_MIN = 60_000;
/** Each sweep that drops something rewrites the files it was in: more often than once a day wears disks. */
const SWEEP_MS_MAX = 24 * 3_600_000;
/** The first sweep waits until a node that has just started took up its tasks. */
const FIRST_SWEEP_MS = 60_000;

/** Milliseconds since the result was stored here; null keeps for ever. */
export interface RetentionAges {
  bodiesMs: number | null;
  reportsMs: number | null;
}

export interface RetentionContext {
  engine: Epochs;
  store: Store;
  pruning: PruneStore;
  notes: Notes;
  clock: Clock;
  logger: Logger;
  ages: RetentionAges;
}

/** What was dropped since the start. */
export interface RetentionCounts {
  bodies: number;
  reports: number;
  forgotten: number;
}

type Part = 'bodies' | 'reports';

/** A decided task that is old enough, and what its certificate says of its reports; none if that is damaged. */
interface Due {
  taskId: Digest;
  sequence: number;
  reports: Digest[];
}

/**
 * Drops bodies and reports of old decided tasks, and all of a task that is to be forgotten. Certificates stay, and what
 * was dropped is remembered, so that it is never fetched again.
 */
export class Retention {
  readonly counts: RetentionCounts = { bodies: 0, reports: 0, forgotten: 0 };
  readonly #context: RetentionContext;
  #cancelTimer = () => {};
  #running: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(context: RetentionContext) {
    this.#context = context;
  }

  /** Sweeps from time to time, where anything has an age. */
  start(): void {
    const { bodiesMs, reportsMs } = this.#context.ages;
    const ageMs = Math.min(bodiesMs ?? Number.POSITIVE_INFINITY, reportsMs ?? Number.POSITIVE_INFINITY);
    if (ageMs === Number.POSITIVE_INFINITY) return;
    const pauseMs = Math.min(SWEEP_MS_MAX, Math.max(SWEEP_MS_MIN, ageMs / SWEEPS_AN_AGE));
    this.#sweepIn(FIRST_SWEEP_MS, pauseMs);
  }

  /** Resolves once nothing is dropped any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    await this.#running;
  }

  /** Drops what is old enough now. Rejects if the store does. */
  sweep(): Promise<void> {
    return this.#inTurn(() => this.#sweep());
  }

  /**
   * Drops all of a task but its certificate, at once. A report that another task has too, word by word, stays that one's.
   * @returns when its body was dropped, milliseconds since 1970; undefined if this node does not know the task
   * @throws ValidationError TASK_OPEN, STORE_FAILED
   */
  forget(taskId: Digest): Promise<number | undefined> {
    if (this.#stopped) throw new ValidationError('the node is stopping', 'STOPPING');
    return this.#inTurn(() => this.#forget(taskId));
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#running.then(work);
    this.#running = done.catch(() => undefined);
    return done;
  }

  #sweepIn(delayMs: number, pauseMs: number): void {
    this.#cancelTimer = this.#context.clock.setTimer(delayMs, () => {
      const failed = (error: Error) =>
        this.#context.logger.warn({ error: error.message }, 'old tasks were not dropped; it is tried again');
      void this.sweep()
        .catch(failed)
        .finally(() => this.#stopped || this.#sweepIn(pauseMs, pauseMs));
    });
  }

  async #sweep(): Promise<void> {
    const { ages, logger, pruning } = this.#context;
    const before = { ...this.counts };
    if (ages.bodiesMs !== null) await this.#sweepBodies(ages.bodiesMs);
    if (ages.reportsMs !== null) await this.#sweepReports(ages.reportsMs);
    const bodies = this.counts.bodies - before.bodies;
    const reports = this.counts.reports - before.reports;
    if (bodies + reports === 0) return;
    await pruning.compact();
    logger.info({ bodies, reports }, 'old bodies and reports were dropped; their certificates stay');
  }

  async #sweepBodies(ageMs: number): Promise<void> {
    await this.#drop(await this.#givenUp(ageMs), ({ taskId }) => ({ taskId, body: true, timeline: false }));
    await this.#sweepPart('bodies', ageMs, BATCH_TASKS, (due) =>
      this.#drop(due, ({ taskId }) => ({ taskId, body: true, timeline: false })),
    );
  }

  /** A report that a younger task has too, as short ones may be, stays for that one. */
  async #sweepReports(ageMs: number): Promise<void> {
    await this.#sweepPart('reports', ageMs, SWEEP_TASKS_MAX, async (due) => {
      const candidates = new Set(due.flatMap(({ reports }) => reports));
      await this.#keepShared(candidates, due.at(-1)!.sequence);
      await this.#drop(due, ({ taskId, reports }) => ({
        taskId,
        body: false,
        reports: reports.filter((digest) => candidates.has(digest)),
        timeline: false,
      }));
    });
  }

  /** Goes on where the last sweep stopped, until a task is too young. */
  async #sweepPart(part: Part, ageMs: number, size: number, drop: (due: Due[]) => Promise<void>): Promise<void> {
    const { notes } = this.#context;
    const name = `retention/${part}`;
    let cursor = Number((await notes.get(name)) ?? 0);
    for (;;) {
      const due = await this.#dueAfter(cursor, ageMs, size);
      if (due.length === 0 || this.#stopped) return;
      await drop(due);
      cursor = due.at(-1)!.sequence;
      await notes.set(name, String(cursor));
      if (due.length < size) return;
    }
  }

  async #dueAfter(cursor: number, ageMs: number, size: number): Promise<Due[]> {
    const { store, clock } = this.#context;
    const due: Due[] = [];
    for (const { taskId, sequence } of await store.resultIds(cursor, size)) {
      const stored = await store.result(taskId);
      const storedAtMs = stored?.storedAtMs ?? (await store.task(taskId))?.firstSeenMs ?? 0;
      if (storedAtMs > clock.nowMs() - ageMs) break;
      const certBytes = stored?.certBytes ?? (await this.#mended(taskId));
      due.push({ taskId, sequence, reports: certBytes === undefined ? [] : reportsOf(certBytes) });
    }
    return due;
  }

  /** A damaged certificate is fetched again, if a peer can be asked. */
  async #mended(taskId: Digest): Promise<Uint8Array | undefined> {
    await this.#context.engine.certificate(taskId);
    return (await this.#context.store.result(taskId))?.certBytes;
  }

  /** R28: what keeps this node from signing for them again is a record of its own. */
  async #givenUp(ageMs: number): Promise<Due[]> {
    const { engine, store, clock } = this.#context;
    const due: Due[] = [];
    for (const taskId of engine.givenUp) {
      const stored = await store.task(taskId);
      if (stored !== undefined && stored.firstSeenMs <= clock.nowMs() - ageMs)
        due.push({ taskId, sequence: 0, reports: [] });
    }
    return due;
  }

  /** Takes out the reports that a later task has too and still keeps. */
  async #keepShared(candidates: Set<Digest>, after: number, except?: Digest): Promise<void> {
    const { store } = this.#context;
    for (let cursor = after; candidates.size > 0 && !this.#stopped; ) {
      const page = await store.results({ cursor, limit: BATCH_TASKS, order: 'oldest' });
      for (const { taskId, certBytes } of page) {
        const shared = reportsOf(certBytes).filter((digest) => candidates.has(digest));
        if (shared.length === 0 || taskId === except || (await store.pruned(taskId))?.reportsAtMs != null) continue;
        for (const digest of shared) candidates.delete(digest);
      }
      if (page.length < BATCH_TASKS) return;
      cursor = page.at(-1)!.sequence;
    }
  }

  async #drop(due: readonly Due[], pruneOf: (due: Due) => Prune): Promise<void> {
    for (let at = 0; at < due.length && !this.#stopped; at += BATCH_TASKS) {
      const prunes = due.slice(at, at + BATCH_TASKS).map(pruneOf);
      await this.#context.pruning.prune(prunes, this.#context.clock.nowMs());
      this.counts.bodies += prunes.filter(({ body }) => body).length;
      this.counts.reports += prunes.reduce((sum, { reports = [] }) => sum + reports.length, 0);
    }
  }

  async #forget(taskId: Digest): Promise<number | undefined> {
    const { engine, store, pruning, clock } = this.#context;
    if (engine.openTasks.has(taskId))
      throw new ValidationError('the task is not decided yet: forget it once it is', 'TASK_OPEN', { taskId });
    const cert = await engine.certificate(taskId);
    const known = cert !== undefined || engine.givenUp.has(taskId) || (await engine.isDecided(taskId));
    if (!known) return undefined;
    const said = cert === undefined ? [] : decodeCore(cert.coreBytes).reveals;
    const reports = new Set(said.map(({ result }) => result.reportDigest));
    engine.dropReports(reports);
    await this.#keepShared(reports, 0, taskId);
    await engine.dropTimeline(taskId);
    try {
      await pruning.prune([{ taskId, body: true, reports: [...reports], timeline: true }], clock.nowMs());
      await pruning.compact();
    } catch (error) {
      const message = `the task was not forgotten wholly (${(error as Error).message}): see to the disk and try again`;
      throw new ValidationError(message, 'STORE_FAILED', { taskId }, error);
    }
    this.counts.forgotten += 1;
    return (await store.pruned(taskId))?.bodyAtMs ?? clock.nowMs();
  }
}

/** The store's values check themselves, and were checked before they were kept: no signature is checked again. */
function reportsOf(certBytes: Uint8Array): Digest[] {
  const { coreBytes } = bundleFromCbor(decodeCanonical(certBytes));
  return decodeCore(coreBytes!).reveals.map(({ result }) => result.reportDigest);
}
