import { type Authenticator, createAuthenticator } from '../protocol/authenticator.ts';
import { bundleFromCbor, type Cert } from '../protocol/bundle.ts';
import { toHex } from '../protocol/bytes.ts';
import { decodeCanonical } from '../protocol/cbor.ts';
import { type Committee, indexOfKey } from '../protocol/committee.ts';
import type { DsseEnvelope } from '../protocol/dsse.ts';
import type { Signer } from '../protocol/ed25519.ts';
import type { FetchAnswer, FetchRequest } from '../protocol/fetch.ts';
import { epochOfFrame } from '../protocol/frame.ts';
import type { Digest } from '../protocol/hash.ts';
import { FETCH_ITEMS_MAX } from '../protocol/limits.ts';
import type { Task } from '../protocol/task.ts';
import type { ValidationResult } from '../protocol/validation-result.ts';
import { Engine } from './engine.ts';
import type { EngineDependencies, EngineEvents } from './engine-options.ts';
import { EpochIndex } from './epoch-index.ts';
import { epochNetwork } from './epoch-network.ts';
import { catchUpScope } from './epoch-scope.ts';
import { EpochStore, WriteQueue } from './epoch-store.ts';
import type { OpenTask } from './open-task.ts';
import type { NetworkHandlers, PeerKey, TimelineEntry, Verdict } from './ports.ts';
import type { TaskLimits } from './task-quota.ts';

/** Committees of all epochs, the genesis's first. */
export type Committees = readonly [Committee, ...Committee[]];

export interface EpochsOptions {
  committees: Committees;
  /** This node's key, or null for an observer; it votes in the epochs that name it. */
  signer: Signer | null;
  /** R29: see EngineOptions. */
  untrustedJournal: boolean;
  limits?: TaskLimits;
  /** R37: whether an epoch that has a successor still takes tasks that are new here. */
  opensFormer(): boolean;
  /** One an epoch; Ed25519 unless a simulation brings its own. */
  authenticatorOf?(committee: Committee): Authenticator;
}

/**
 * R36, R37: an engine for every epoch, over one store and one network.
 *
 *        frames, requests, peers
 *                  │
 *               Epochs       by the epoch in a frame, by the task in a request
 *        ┌─────────┼─────────┐
 *     engine 0  engine 1  engine 2      the newest takes new tasks, and catches up for all
 *        └─────────┼─────────┘
 *        store, network, judge
 *
 * An engine of a former epoch ends its open tasks under their own validators, then answers for what it decided.
 */
export class Epochs implements NetworkHandlers {
  readonly committees: Committees;
  /** The highest epoch that a validator spoke of and that is not known here. */
  laterEpoch: number | undefined;
  readonly #engines: readonly Engine[];
  readonly #newest: Engine;
  readonly #index: EpochIndex;

  /** @param engines one an epoch, in their order */
  constructor(committees: Committees, index: EpochIndex, engines: readonly Engine[]) {
    this.committees = committees;
    this.#index = index;
    this.#engines = engines;
    this.#newest = engines.at(-1)!;
  }

  /** Recovers every epoch, the oldest first. @param eventsOf what the node learns of one epoch's engine */
  static async start(
    options: EpochsOptions,
    dependencies: EngineDependencies,
    eventsOf: (committee: Committee) => EngineEvents,
  ): Promise<Epochs> {
    const { committees, signer, limits, opensFormer, authenticatorOf = createAuthenticator } = options;
    const { store, network } = dependencies;
    const index = new EpochIndex(committees, store);
    const damagedBefore = store.damagedCount();
    const journal = committees.length === 1 ? [] : await store.journal();
    const untrustedJournal = options.untrustedJournal || store.damagedCount() > damagedBefore;
    const writes = new WriteQueue();
    const engines: Engine[] = [];
    for (const committee of committees) {
      const { epoch } = committee;
      const position = signer === null ? undefined : indexOfKey(committee, toHex(signer.publicKey));
      const isOnly = committees.length === 1;
      const isNewest = epoch === committees.length - 1;
      const view = new EpochStore({ epoch, store, index, writes, journal: async () => journal });
      const own = { store: isOnly ? store : view, network: epochNetwork(network, committee, index) };
      const engine = await Engine.start(
        {
          committee,
          identity: signer === null || position === undefined ? null : { index: position, signer },
          untrustedJournal,
          authenticator: authenticatorOf(committee),
          catchUp: isNewest ? catchUpScope({ engines, index, store, network }) : null,
          ...(isNewest ? {} : { opensTasks: opensFormer }),
          ...(limits === undefined ? {} : { limits }),
        },
        { ...dependencies, ...own },
        eventsOf(committee),
      );
      engines.push(engine);
    }
    return new Epochs(committees, index, engines);
  }

  /** Of the newest epoch. */
  get committee(): Committee {
    return this.#newest.committee;
  }

  /** Under which a decided task was agreed on. */
  committeeOf({ coreBytes }: Cert): Committee {
    return this.committees[this.#index.ofCore(coreBytes) ?? 0]!;
  }

  /** Whose members the positions in a task's leaves are; the newest where nothing tells its epoch. */
  async committeeOfTask(taskId: Digest): Promise<Committee> {
    return (await this.#engineOf(taskId)).committee;
  }

  get openTasks(): ReadonlyMap<Digest, OpenTask> {
    const open = this.#engines.map(({ openTasks }) => openTasks).filter(({ size }) => size > 0);
    return open.length > 1 ? new Map(open.flatMap((tasks) => [...tasks])) : (open[0] ?? this.#newest.openTasks);
  }

  /** Whether an epoch that has a successor still has undecided tasks. */
  get hasFormerTasks(): boolean {
    return this.#engines.some((engine) => engine !== this.#newest && engine.openTasks.size > 0);
  }

  /** R28: undecided tasks that were given up. */
  get givenUp(): ReadonlySet<Digest> {
    const [only, ...more] = this.#engines;
    return more.length === 0 ? only!.givenUp : new Set(this.#engines.flatMap(({ givenUp }) => [...givenUp]));
  }

  /** Why nothing can be written at the moment, if so. */
  get writeFault(): string | undefined {
    return this.#engines.find(({ writeFault }) => writeFault !== undefined)?.writeFault;
  }

  /** See {@link Engine.trustedAfterMs}. */
  get trustedAfterMs(): number {
    return Math.max(...this.#engines.map(({ trustedAfterMs }) => trustedAfterMs));
  }

  /** Runs once the journal is trusted again in every epoch. */
  whenTrusted(action: () => void): void {
    let waiting = this.#engines.length;
    for (const engine of this.#engines) engine.whenTrusted(() => --waiting === 0 && action());
  }

  /** When nothing waits to be written or sent any more. */
  async drained(): Promise<void> {
    await Promise.all(this.#engines.map((engine) => engine.drained()));
  }

  /** Writes timelines and late signatures that gather in memory. */
  async flush(): Promise<void> {
    for (const { records } of this.#engines) await records.flush();
  }

  /** Signs and sends nothing from here on. */
  stop(): void {
    for (const engine of this.#engines) engine.stop();
  }

  /** Takes in a task from a client, in the newest epoch; see {@link Engine.submit}. */
  submit(task: Task): Promise<Digest> {
    return this.#newest.submit(task);
  }

  /** See {@link Engine.certificate}. */
  async certificate(taskId: Digest): Promise<Cert | undefined> {
    return (await this.#engineOf(taskId)).certificate(taskId);
  }

  /** Known to be decided, without a look at the disk. */
  isKnownDecided(taskId: Digest): boolean {
    return this.#engines.some(({ certificates }) => certificates.has(taskId));
  }

  async isDecided(taskId: Digest): Promise<boolean> {
    return (await this.#engineOf(taskId)).certificates.isDecided(taskId);
  }

  /** Reads a stored certificate and checks all of it. @throws ProtocolError */
  openCertificate(certBytes: Uint8Array): Cert {
    const { coreBytes } = bundleFromCbor(decodeCanonical(certBytes));
    const epoch = coreBytes === null ? undefined : this.#index.ofCore(coreBytes);
    return (this.#engines[epoch ?? 0] ?? this.#newest).certificates.open(certBytes);
  }

  /** The statement of a decided task with its signatures; see Attestations. */
  async attestation(taskId: Digest): Promise<DsseEnvelope | null> {
    return (await this.#engineOf(taskId)).attestations.collect(taskId);
  }

  /** What was seen of a task in this run; undefined if that is not in memory. */
  recentTimeline(taskId: Digest): readonly TimelineEntry[] | undefined {
    return this.#holder(taskId).records.timelines.recent(taskId);
  }

  timeline(taskId: Digest): Promise<readonly TimelineEntry[]> {
    return this.#holder(taskId).records.timelines.get(taskId);
  }

  note(taskId: Digest, entry: Omit<TimelineEntry, 'atMs'>): void {
    this.#holder(taskId).records.timelines.note(taskId, entry);
  }

  /** See Timelines. */
  dropTimeline(taskId: Digest): Promise<void> {
    return this.#holder(taskId).records.timelines.drop(taskId);
  }

  /** The bytes of a report that may be shown, as far as it is here. */
  async report(digest: Digest): Promise<Uint8Array | undefined> {
    const [first, ...more] = await Promise.all(this.#engines.map(({ reports }) => reports.get(digest)));
    return more.includes(undefined) ? undefined : first; // one of them may hold it back (R5)
  }

  /** Fetches a report from its author, unless it is here or on its way. */
  pullReport(result: ValidationResult, author: PeerKey): void {
    this.#newest.reports.pull(result, author);
  }

  /** What is on its way of these reports is not kept any more. */
  dropReports(digests: Iterable<Digest>): void {
    const all = [...digests];
    for (const engine of this.#engines) engine.reports.drop(all);
  }

  onFrame(bytes: Uint8Array, from: PeerKey): Verdict {
    const epoch = epochOfFrame(bytes) ?? this.committee.epoch; // what is no frame is refused like any other
    const engine = this.#engines[epoch];
    if (engine !== undefined) return engine.onFrame(bytes, from);
    if (indexOfKey(this.committee, from) !== undefined) this.laterEpoch = Math.max(epoch, this.laterEpoch ?? 0);
    return 'ignore';
  }

  async onRequest(request: FetchRequest, from: PeerKey): Promise<FetchAnswer> {
    if (this.#engines.length === 1) return this.#newest.onRequest(request, from);
    switch (request.kind) {
      case 'leaves':
      case 'result':
      case 'attestation':
      case 'task':
        return (await this.#engineOf(request.taskId)).onRequest(request, from);
      case 'open':
        return { kind: 'open', taskIds: [...this.openTasks.keys()].slice(0, FETCH_ITEMS_MAX) };
      case 'reports': {
        const answer = await this.#newest.onRequest(request, from);
        if (answer.kind !== 'reports') return answer;
        const shown = answer.reports.map((_, at) => this.report(request.digests[at]!));
        return { kind: 'reports', reports: (await Promise.all(shown)).map((report) => report ?? null) };
      }
      default:
        return this.#newest.onRequest(request, from);
    }
  }

  onPeer(peer: PeerKey, connected: boolean): void {
    for (const engine of this.#engines) engine.onPeer(peer, connected);
  }

  /** Whose memory holds a task; the newest if none does. */
  #holder(taskId: Digest): Engine {
    const holds = ({ openTasks, certificates, givenUp }: Engine) =>
      openTasks.has(taskId) || certificates.has(taskId) || givenUp.has(taskId);
    return this.#engines.length === 1 ? this.#newest : (this.#engines.find(holds) ?? this.#newest);
  }

  async #engineOf(taskId: Digest): Promise<Engine> {
    if (this.#engines.length === 1) return this.#newest;
    const open = this.#engines.find(({ openTasks }) => openTasks.has(taskId));
    return open ?? this.#engines[(await this.#index.epochOf(taskId)) ?? -1] ?? this.#newest;
  }
}
