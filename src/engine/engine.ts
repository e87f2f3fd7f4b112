import { ConsensusProtocol } from '../consensus/protocol.ts';
import type { JournalRecord } from '../consensus/state.ts';
import { type Authenticator, createAuthenticator } from '../protocol/authenticator.ts';
import type { Cert } from '../protocol/bundle.ts';
import type { Committee } from '../protocol/committee.ts';
import type { Signer } from '../protocol/ed25519.ts';
import { ProtocolError, ValidationError } from '../protocol/errors.ts';
import type { FetchAnswer, FetchRequest } from '../protocol/fetch.ts';
import { type Announcement, announcementBytes } from '../protocol/frame.ts';
import type { Digest } from '../protocol/hash.ts';
import { TASK_INLINE_BYTES_MAX } from '../protocol/limits.ts';
import type { SignedLeaf } from '../protocol/signed-leaf.ts';
import { encodeTask, type Task, taskIdOf } from '../protocol/task.ts';
import { Attestations } from './attestations.ts';
import { createBackground } from './background.ts';
import { CatchUp } from './catch-up.ts';
import { Certificates } from './certificates.ts';
import { Decisions } from './decisions.ts';
import { JournalIndex } from './journal-index.ts';
import { OPEN_TASKS_MAX, RECONNECT_SPREAD_MS } from './limits.ts';
import { OpenTask, type OpenTaskContext, type OpenTaskInit } from './open-task.ts';
import { Outbox } from './outbox.ts';
import { PeerExchange } from './peer-exchange.ts';
import type { Clock, Judge, Logger, Network, NetworkHandlers, PeerKey, Random, Store, Verdict } from './ports.ts';
import { recoverJournal } from './recovery.ts';
import { Reports } from './reports.ts';
import { answerRequest } from './responder.ts';
import { Router } from './router.ts';
import { UnknownTasks } from './unknown-tasks.ts';

export interface EngineOptions {
  committee: Committee;
  /** Position and key of this validator, or null for an observer, which never signs. */
  identity: { index: number; signer: Signer } | null;
  /**
   * R29: this key may have signed what its journal does not know. Tasks that are open at the start, and those first
   * seen in a probation after it, are followed only. A damaged journal means the same.
   */
  untrustedJournal?: boolean;
  /** Checks Ed25519 signatures under the committee's keys, unless a simulation brings its own. */
  authenticator?: Authenticator;
}

export interface EngineDependencies {
  store: Store;
  network: Network;
  judge: Judge;
  clock: Clock;
  random: Random;
  logger: Logger;
}

/** What the node learns of its engine; called after it became durable. */
export interface EngineEvents {
  onOpened?(taskId: Digest, task: Task): void;
  onDecided?(taskId: Digest, cert: Cert): void;
}

/**
 * Runs the instances of all tasks: routes what arrives, journals before it sends, and keeps what was decided.
 * Everything is driven by its ports; with simulated ones it is deterministic.
 */
export class Engine implements NetworkHandlers {
  readonly committee: Committee;
  readonly certificates: Certificates;
  readonly reports: Reports;
  readonly attestations: Attestations;
  readonly #options: EngineOptions;
  readonly #dependencies: EngineDependencies;
  readonly #events: EngineEvents;
  readonly #authenticator: Authenticator;
  readonly #context: OpenTaskContext;
  readonly #tasks = new Map<Digest, OpenTask>();
  readonly #unknown: UnknownTasks;
  readonly #catchUp: CatchUp;
  readonly #exchange: PeerExchange;
  readonly #decisions: Decisions;
  readonly #router: Router;
  readonly #journal = new JournalIndex();
  readonly #outbox: Outbox;
  /** Records of tasks whose body was lost: they wait until it is fetched. */
  readonly #bodiless = new Map<Digest, { records: JournalRecord[]; maySign: boolean }>();
  /** Nothing is signed for tasks first seen before this moment. */
  #trustedAfterMs = 0;
  #stopped = false;

  /** @param firstTick above every tick in the journal */
  private constructor(
    options: EngineOptions & { authenticator: Authenticator },
    dependencies: EngineDependencies,
    events: EngineEvents,
    firstTick: number,
  ) {
    const { committee, identity } = options;
    const { store, network, clock, logger, judge, random } = dependencies;
    this.committee = committee;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#events = events;
    const background = createBackground(logger);
    this.#authenticator = options.authenticator;
    this.certificates = new Certificates(committee, this.#authenticator, store);
    this.attestations = new Attestations({
      committee,
      identity,
      store,
      network,
      certificates: this.certificates,
      logger,
    });
    this.reports = new Reports({
      background,
      store,
      network,
      clock,
      logger,
      onReport: (digest, bytes) => this.#outbox.report(digest, bytes),
    });
    this.#outbox = new Outbox(
      {
        committee,
        identity,
        store,
        network,
        clock,
        logger,
        onOwnLeaf: (leaf) => this.#tasks.get(leaf.leaf.taskId)?.dispatch({ kind: 'leaf', leaf }),
        onJournaled: (tick, records) =>
          this.#noteEntry(
            tick,
            records.map(({ taskId }) => taskId),
          ),
      },
      firstTick,
    );
    this.#unknown = new UnknownTasks({
      background,
      committee,
      network,
      clock,
      logger,
      onFound: (...found) => this.#router.takeFound(...found),
    });
    this.#catchUp = new CatchUp({
      network,
      clock,
      logger,
      isDecided: (taskId) => this.certificates.isDecided(taskId),
      isHeld: (taskId) => this.certificates.isHeld(taskId),
      isOpen: (taskId) => this.#tasks.has(taskId),
      onCert: (cert, from) => this.#decisions.take(cert, from),
      onOpenTask: (taskId, from) => this.#unknown.seek(taskId, from),
    });
    this.#exchange = new PeerExchange({
      committee,
      self: identity?.index ?? null,
      network,
      clock,
      random,
      logger,
      background,
      takeLeaf: (leaf, from) => this.#router.takeLeaf(this.#authenticator.openLeaf(leaf), from, false),
      takeBundle: (bundle, from) => this.#router.takeBundle(bundle, from),
      certFrame: (cert) => this.#outbox.encode({ bundles: [cert] }),
    });
    this.#decisions = new Decisions({
      committee,
      authenticator: this.#authenticator,
      certificates: this.certificates,
      reports: this.reports,
      exchange: this.#exchange,
      outbox: this.#outbox,
      clock,
      background,
      tasks: this.#tasks,
      isStopped: () => this.#stopped,
      onDurable: (cert) => this.#close(cert),
    });
    this.#router = new Router({
      committee,
      authenticator: this.#authenticator,
      certificates: this.certificates,
      unknown: this.#unknown,
      tasks: this.#tasks,
      background,
      isStopped: () => this.#stopped,
      onNewTask: (task, taskBytes, taskId) => void this.#openNew(task, taskBytes, taskId, null),
      onCert: (cert, from) => this.#decisions.take(cert, from),
      onLate: (index, taskId) => this.#exchange.tellDecision(index, taskId, this.certificates.get(taskId)),
    });
    this.#context = {
      background,
      protocol: new ConsensusProtocol(committee, identity?.index ?? null),
      outbox: this.#outbox,
      judge,
      clock,
      random,
      logger,
      holdBack: (digest) => this.reports.holdBack(digest),
      release: (digest) => this.reports.release(digest),
      onWant: (task) => this.#exchange.fetchWanted(task),
      onOverdue: (task) => this.#exchange.fetchAll(task),
      onReveal: (task, leaf) => this.#pullReport(task, leaf),
      onDecided: (cert) => this.#decisions.keep(cert),
    };
  }

  /** Recovers what the journal holds, and starts. The network may deliver from the moment this resolves. */
  static async start(
    options: EngineOptions,
    dependencies: EngineDependencies,
    events: EngineEvents = {},
  ): Promise<Engine> {
    const { store, logger } = dependencies;
    const { authenticator = createAuthenticator(options.committee) } = options;
    const journal = await recoverJournal(store, authenticator, logger);
    const engine = new Engine({ ...options, authenticator }, dependencies, events, journal.nextTick);
    if (journal.damaged || options.untrustedJournal === true) engine.#trustedAfterMs = engine.#endOfProbationMs();
    for (const recovered of journal.tasks) {
      const { taskId, records, body } = recovered;
      const maySign = recovered.maySign && engine.#isTrusted();
      if (body === undefined) engine.#bodiless.set(taskId, { records, maySign });
      else engine.#open({ ...body, taskId, records, maySign, announcement: null });
      // Damage shows once; that the task is only followed must outlast the next restart too.
      if (maySign !== recovered.maySign)
        engine.#outbox.record(taskId, { kind: 'opened', firstSeenMs: engine.#dependencies.clock.nowMs(), maySign });
    }
    for (const { tick, taskIds } of journal.entries) engine.#noteEntry(tick, taskIds);
    engine.#catchUp.start();
    return engine;
  }

  get openTasks(): ReadonlyMap<Digest, OpenTask> {
    return this.#tasks;
  }

  /** Why nothing can be written at the moment, if so. */
  get writeFault(): string | undefined {
    return this.#outbox.fault;
  }

  /** Tasks first seen before this moment (milliseconds since 1970) are followed only; 0 if the journal is trusted. */
  get trustedAfterMs(): number {
    return this.#trustedAfterMs;
  }

  /** When nothing waits to be written or sent any more. */
  drained(): Promise<void> {
    return this.#outbox.drained();
  }

  /** Signs and sends nothing from here on; all that was said is in the journal. */
  stop(): void {
    this.#stopped = true;
    this.#catchUp.stop();
    this.#exchange.stop();
    this.reports.stop();
    this.#outbox.stop();
    for (const task of this.#tasks.values()) task.stop();
  }

  /**
   * Takes in a task from a client and announces it; the same task has the same id, however often it is sent.
   * Resolves once it is durable.
   * @throws ValidationError DEADLINE_PASSED, TOO_MANY_TASKS, OBSERVER
   */
  async submit(task: Task): Promise<Digest> {
    const taskBytes = encodeTask(task);
    const taskId = taskIdOf(this.committee.networkId, this.committee.epoch, taskBytes);
    if (this.#tasks.has(taskId) || (await this.certificates.isDecided(taskId))) return taskId;
    const { identity } = this.#options;
    if (identity === null) {
      throw new ValidationError('an observer takes no tasks: submit to a validator', 'OBSERVER');
    }
    const nowMs = this.#dependencies.clock.nowMs();
    if (task.deadline !== undefined && task.deadline * 1000 <= nowMs) {
      throw new ValidationError('deadline: has passed; give a later one or none', 'DEADLINE_PASSED', {
        path: 'deadline',
      });
    }
    if (this.#tasks.size >= OPEN_TASKS_MAX) {
      throw new ValidationError(`${OPEN_TASKS_MAX} tasks are undecided here: try again later`, 'TOO_MANY_TASKS');
    }
    const signed = { taskId, size: taskBytes.length, origin: identity.index };
    const signature = identity.signer.sign(announcementBytes(this.committee.networkId, signed));
    const body = taskBytes.length <= TASK_INLINE_BYTES_MAX ? taskBytes : null;
    const announcement = { ...signed, signature, body };
    const opened = this.#openNew(task, taskBytes, taskId, announcement);
    if (opened) this.#outbox.announce(announcement);
    await this.#outbox.synced();
    return taskId;
  }

  /** The certificate of a decided task; a damaged copy is fetched again from a peer, and checked like any. */
  certificate(taskId: Digest): Promise<Cert | undefined> {
    return this.#decisions.certificate(taskId);
  }

  onFrame(bytes: Uint8Array, from: PeerKey): Verdict {
    if (this.#stopped) return 'ignore';
    try {
      this.#router.takeFrame(this.#authenticator.readFrame(bytes), from);
      return 'accept';
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#dependencies.logger.debug({ from, error: error.message }, 'refused a frame');
      return 'reject';
    }
  }

  onRequest(request: FetchRequest, _from: PeerKey): Promise<FetchAnswer> {
    return answerRequest(
      {
        store: this.#dependencies.store,
        reports: this.reports,
        certificates: this.certificates,
        attestations: this.attestations,
        tasks: this.#tasks,
      },
      request,
    );
  }

  /** What was said while a peer was away did not reach it: it is said again, and the peer asked for what is missing here. */
  onPeer(peer: PeerKey, connected: boolean): void {
    if (!connected || this.#stopped) return;
    for (const task of this.#tasks.values()) task.repeatSoon(RECONNECT_SPREAD_MS);
    if (this.committee.validators.some(({ publicKey }) => publicKey === peer)) void this.#catchUp.sync(peer);
  }

  /** False if it is open already, or there are too many; then it comes again by a repeat. */
  #openNew(task: Task, taskBytes: Uint8Array, taskId: Digest, announcement: Announcement | null): boolean {
    const known = this.#tasks.has(taskId) || this.certificates.has(taskId);
    if (known || this.#stopped || this.#tasks.size >= OPEN_TASKS_MAX) return false;
    const firstSeenMs = this.#dependencies.clock.nowMs();
    this.#outbox.task({ taskId, taskBytes, firstSeenMs });
    const recovered = this.#bodiless.get(taskId) ?? { records: [], maySign: this.#isTrusted() };
    if (!this.#bodiless.delete(taskId))
      this.#outbox.record(taskId, { kind: 'opened', firstSeenMs, maySign: recovered.maySign });
    this.#open({ taskId, task, taskBytes, firstSeenMs, announcement, ...recovered });
    this.#outbox.afterSync(() => this.#events.onOpened?.(taskId, task));
    return true;
  }

  #open(init: OpenTaskInit): void {
    const buffered = this.#unknown.take(init.taskId);
    const task = new OpenTask(this.#context, init);
    this.#tasks.set(init.taskId, task);
    task.start();
    for (const leaf of buffered) task.dispatch({ kind: 'leaf', leaf });
  }

  #noteEntry(tick: number, taskIds: readonly Digest[]): void {
    const open = taskIds.filter((taskId) => this.#tasks.has(taskId) || this.#bodiless.has(taskId));
    if (this.#journal.add(tick, open)) this.#outbox.dropJournal(tick);
  }

  #close(cert: Cert): void {
    this.#forget(cert.taskId);
    this.#events.onDecided?.(cert.taskId, cert);
  }

  #forget(taskId: Digest): void {
    this.#tasks.get(taskId)?.stop();
    this.#tasks.delete(taskId);
    this.#bodiless.delete(taskId);
    this.#unknown.take(taskId);
    for (const tick of this.#journal.remove(taskId)) this.#outbox.dropJournal(tick);
  }

  #pullReport(task: OpenTask, { signer, leaf }: SignedLeaf): void {
    if (leaf.type !== 'REVEAL' || signer === this.#options.identity?.index) return;
    if (task.instance.reveals.get(signer)?.some((held) => held.leaf.leaf === leaf)) {
      this.reports.pull(leaf.opening.result, this.committee.validators[signer]!.publicKey);
    }
  }

  #isTrusted(): boolean {
    return this.#dependencies.clock.nowMs() >= this.#trustedAfterMs;
  }

  /** R29: by then every task that was open when this node started is closed by the others. */
  #endOfProbationMs(): number {
    return this.#dependencies.clock.nowMs() + 2 * this.committee.rules.timers.observeMs;
  }
}
