import type { OwnLeaf } from '../consensus/state.ts';
import { type SignedBatch, signBatch } from '../protocol/batch.ts';
import type { Bundle } from '../protocol/bundle.ts';
import { bundleToCbor } from '../protocol/bundle.ts';
import { encodeCanonical } from '../protocol/cbor.ts';
import type { Committee } from '../protocol/committee.ts';
import type { Signer } from '../protocol/ed25519.ts';
import { ValidationError } from '../protocol/errors.ts';
import { type Announcement, encodeFrame } from '../protocol/frame.ts';
import type { Digest } from '../protocol/hash.ts';
import { BATCH_LEAVES_MAX, FETCH_ITEMS_MAX } from '../protocol/limits.ts';
import { type Authentic, asAuthentic, attachmentToCbor, type SignedLeaf } from '../protocol/signed-leaf.ts';
import type { TickSummary } from './engine-options.ts';
import { type EngineRecord, encodeRecords, type TaskRecord } from './journal.ts';
import { FRAME_BYTES_TARGET, LEAVES_PER_TICK_MS, QUIET_LEAVES, TICK_MS_MAX, WRITE_RETRY_MS } from './limits.ts';
import type { Clock, Logger, Network, Store, StoredEvidence, StoredTask, StoreWrite } from './ports.ts';

export interface OutboxOptions {
  committee: Committee;
  /** Position and key of this node, or null for one that never signs. */
  identity: { index: number; signer: Signer } | null;
  store: Store;
  network: Network;
  clock: Clock;
  logger: Logger;
  /** An own leaf was signed and sent: it counts here from now on. */
  onOwnLeaf(leaf: Authentic<SignedLeaf>): void;
  /** The number of the journal entry in which a tick's records were written. */
  onJournaled(tick: number, records: readonly TaskRecord[]): void;
  onTick?(tick: TickSummary): void;
}

/** Id, origin, size and signature of an announcement, beside its body. */
const ANNOUNCEMENT_BYTES = 128;

/** What gathers until the next tick. */
interface Tick {
  records: TaskRecord[];
  tasks: StoredTask[];
  reports: { digest: Digest; reportBytes: Uint8Array }[];
  results: { taskId: Digest; certBytes: Uint8Array }[];
  evidence: StoredEvidence[];
  dropJournal: number[];
  leaves: OwnLeaf[];
  repeats: OwnLeaf[];
  bundles: Bundle[];
  announcements: Announcement[];
  after: (() => void)[];
}

function emptyTick(): Tick {
  return {
    records: [],
    tasks: [],
    reports: [],
    results: [],
    evidence: [],
    dropJournal: [],
    leaves: [],
    repeats: [],
    bundles: [],
    announcements: [],
    after: [],
  };
}

/**
 * R27, R32: everything that leaves the node goes through here: first the records of a tick are made durable in one
 * synced write, then its leaves are signed under one signature and sent, then they count here. One tick at a time;
 * meanwhile the next gathers. After a failed write that very write is repeated, and nothing is signed.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  #gathering = emptyTick();
  #nextTick: number;
  #nonce: number;
  #scheduled = false;
  #flushing = false;
  #leavesOfLastTick = 0;
  #stopped = false;
  #cancelTimer = () => {};
  #idle: (() => void)[] = [];
  readonly #refuse = new Set<(reason: Error) => void>();
  /** Why writes fail at the moment, for health. */
  fault: string | undefined;

  constructor(options: OutboxOptions, firstTick: number) {
    this.#options = options;
    this.#nextTick = firstTick;
    this.#nonce = options.clock.nowMs() * 1000;
  }

  record(taskId: Digest, record: EngineRecord): void {
    this.#add('records', { taskId, record });
  }
  leaf(own: OwnLeaf): void {
    this.#add('leaves', own);
  }
  repeat(own: readonly OwnLeaf[], bundles: readonly Bundle[]): void {
    for (const leaf of own) this.#add('repeats', leaf);
    for (const bundle of bundles) this.#add('bundles', bundle);
  }
  bundle(bundle: Bundle): void {
    this.#add('bundles', bundle);
  }
  announce(announcement: Announcement): void {
    this.#add('announcements', announcement);
  }
  task(task: StoredTask): void {
    this.#add('tasks', task);
  }
  report(digest: Digest, reportBytes: Uint8Array): void {
    this.#add('reports', { digest, reportBytes });
  }
  result(taskId: Digest, certBytes: Uint8Array): void {
    this.#add('results', { taskId, certBytes });
  }
  evidence(evidence: StoredEvidence): void {
    this.#add('evidence', evidence);
  }
  dropJournal(tick: number): void {
    this.#add('dropJournal', tick);
  }
  /** Runs once everything added so far is durable. */
  afterSync(action: () => void): void {
    this.#add('after', action);
  }

  /**
   * Resolves once everything added so far is durable.
   * @throws ValidationError STOPPING if it stops before that
   */
  synced(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) return reject(stopping());
      this.#refuse.add(reject);
      this.afterSync(() => {
        this.#refuse.delete(reject);
        resolve();
      });
    });
  }

  /** Resolves when nothing gathers and nothing is under way. */
  async drained(): Promise<void> {
    if ((this.#scheduled || this.#flushing) && !this.#stopped)
      await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Signs and sends nothing from here on; what was not written is lost, as in a crash. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
    for (const refuse of this.#refuse) refuse(stopping());
    this.#becomeIdle();
  }

  #add<Key extends keyof Tick>(key: Key, item: Tick[Key][number]): void {
    if (this.#stopped) return;
    (this.#gathering[key] as unknown[]).push(item);
    this.#schedule();
  }

  /** At rest a leaf leaves at once; under load leaves gather, the longer the more there are. */
  #schedule(): void {
    if (this.#scheduled || this.#flushing) return;
    this.#scheduled = true;
    const load = this.#leavesOfLastTick;
    const delayMs = load <= QUIET_LEAVES ? 0 : Math.min(TICK_MS_MAX, load / LEAVES_PER_TICK_MS);
    this.#cancelTimer = this.#options.clock.setTimer(delayMs, () => void this.#flush());
  }

  async #flush(): Promise<void> {
    this.#scheduled = false;
    this.#flushing = true;
    const tick = this.#gathering;
    this.#gathering = emptyTick();
    this.#leavesOfLastTick = tick.leaves.length;
    const number = this.#nextTick++;
    const write = toWrite(tick, number);
    const writeMs = write === undefined ? null : await this.#write(write);
    this.#flushing = false;
    if (this.#stopped) return;
    if (tick.records.length > 0) this.#options.onJournaled(number, tick.records);
    const batchSizes = this.#send(tick);
    this.#options.onTick?.({ writeMs, batchSizes });
    for (const action of tick.after) action();
    if (hasWork(this.#gathering)) this.#schedule();
    else if (!this.#scheduled) this.#becomeIdle();
  }

  /** Milliseconds that it took. */
  async #write(write: StoreWrite): Promise<number> {
    const { clock } = this.#options;
    const startMs = clock.nowMs();
    while (!this.#stopped) {
      try {
        await this.#options.store.write(write);
        this.fault = undefined;
        break;
      } catch (error) {
        this.fault = (error as Error).message;
        this.#options.logger.error(
          { error: this.fault },
          'the database cannot be written: signing nothing until it can',
        );
        await new Promise<void>((resolve) => {
          this.#idle.push(resolve);
          this.#cancelTimer = clock.setTimer(WRITE_RETRY_MS, resolve);
        });
      }
    }
    return clock.nowMs() - startMs;
  }

  /** How many new leaves went under each signature. */
  #send(tick: Tick): number[] {
    // A leaf that comes before its task makes everybody ask for the body.
    for (const announcements of grouped(tick.announcements)) this.#broadcast({ announcements });
    const batches = [...chunks(tick.leaves)];
    for (const leaves of batches) this.#sendBatch(leaves, false);
    for (const leaves of chunks(tick.repeats)) this.#sendBatch(leaves, true);
    for (const bundle of tick.bundles) this.#broadcast({ bundles: [bundle] });
    return batches.map((leaves) => leaves.length).filter((size) => size > 0);
  }

  #sendBatch(leaves: OwnLeaf[], repeat: boolean): void {
    const { committee, identity, onOwnLeaf } = this.#options;
    if (identity === null) throw new Error('a node without a key in the committee signs nothing');
    const batch = signBatch(
      committee.configDigest,
      identity.index,
      leaves.map((leaf) => leaf.bytes),
      identity.signer,
    );
    this.#broadcast({ batch: { validatorIndex: identity.index, batch, repeat, statements: leaves } });
    for (const [position, leaf] of leaves.entries()) onOwnLeaf(signed(leaf, identity.index, batch, position));
  }

  #broadcast(frame: Parameters<typeof encodeFrame>[0]): void {
    this.#options.network.broadcast(this.encode(frame));
  }

  /** A frame for one peer, with a nonce that was not used before. */
  encode(frame: Parameters<typeof encodeFrame>[0]): Uint8Array {
    return encodeFrame(frame, this.#nonce++, this.#options.committee.epoch);
  }

  #becomeIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

function signed(leaf: OwnLeaf, index: number, batch: SignedBatch, position: number): Authentic<SignedLeaf> {
  return asAuthentic({ ...leaf, signer: index, proof: () => batch.proof(position) });
}

function stopping(): ValidationError {
  return new ValidationError('this node is stopping: send it to another', 'STOPPING');
}

function hasWork(tick: Tick): boolean {
  return Object.values(tick).some((list: unknown[]) => list.length > 0);
}

function toWrite(tick: Tick, number: number): StoreWrite | undefined {
  const { records, tasks, reports, results, evidence, dropJournal } = tick;
  if ([records, tasks, reports, results, evidence, dropJournal].every((list) => list.length === 0)) return undefined;
  const journal = records.length === 0 ? {} : { journal: { tick: number, bytes: encodeRecords(records) } };
  return { tasks, reports, results, evidence, dropJournal, ...journal };
}

/** Leaves in groups that fit one signature and one frame. */
function* chunks(leaves: OwnLeaf[]): Generator<OwnLeaf[]> {
  if (leaves.length === 1) return yield leaves; // the ordinary case: nothing to measure
  let chunk: OwnLeaf[] = [];
  let bytes = 0;
  for (const leaf of leaves) {
    const size = leaf.bytes.length + (leaf.attachment === null ? 0 : encodeCanonical(attachmentToCbor(leaf)).length);
    if (chunk.length > 0 && (bytes + size > FRAME_BYTES_TARGET || chunk.length === BATCH_LEAVES_MAX)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(leaf);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}

/** Announcements in groups that fit one frame: under load one frame tells of many tasks. */
function* grouped(announcements: readonly Announcement[]): Generator<Announcement[]> {
  let group: Announcement[] = [];
  let bytes = 0;
  for (const announcement of announcements) {
    const size = ANNOUNCEMENT_BYTES + (announcement.body?.length ?? 0);
    if (group.length > 0 && (bytes + size > FRAME_BYTES_TARGET || group.length === FETCH_ITEMS_MAX)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(announcement);
    bytes += size;
  }
  if (group.length > 0) yield group;
}

/** A certificate as it is stored. */
export function encodeCert(cert: Bundle): Uint8Array {
  return encodeCanonical(bundleToCbor(cert));
}
