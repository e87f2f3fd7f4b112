import { ConsensusProtocol } from '../consensus/protocol.ts';
import type { JournalRecord } from '../consensus/state.ts';
import { type Authenticator, createAuthenticator } from '../protocol/authenticator.ts';
import type { Cert } from '../protocol/bundle.ts';
import type { Committee } from '../protocol/committee.ts';
import { ProtocolError, ValidationError } from '../protocol/errors.ts';
import type { FetchAnswer, FetchRequest } from '../protocol/fetch.ts';
import type { Announcement } from '../protocol/frame.ts';
import type { Digest } from '../protocol/hash.ts';
import { encodeTask, type Task, taskIdOf } from '../protocol/task.ts';
import { Attestations } from './attestations.ts';
import { createBackground } from './background.ts';
import { CatchUp, type CatchUpScope } from './catch-up.ts';
import { Certificates } from './certificates.ts';
import { Decisions } from './decisions.ts';
import type { EngineDependencies, EngineEvents, EngineOptions } from './engine-options.ts';
import { JournalIndex } from './journal-index.ts';
import { JudgingGate } from './judging-gate.ts';
import { HEARD_TASKS_MAX, RECONNECT_SPREAD_MS, TASK_LIMITS } from './limits.ts';
import { OpenTask, type OpenTaskContext, type OpenTaskInit } from './open-task.ts';
import { Outbox } from './outbox.ts';
import { PeerExchange } from './peer-exchange.ts';
import type { NetworkHandlers, Offence, PeerKey, Verdict } from './ports.ts';
import { Probation } from './probation.ts';
import { recoverJournal } from './recovery.ts';
import { Reports } from './reports.ts';
import { answerRequest } from './responder.ts';
import { JunkTaskError, Router } from './router.ts';
import { announcementOf, assertInTime } from './submission.ts';
import { TaskQuota, tooManyTasks } from './task-quota.ts';
import { type Origin, TaskRecords } from './task-records.ts';
import { UnknownTasks } from './unknown-tasks.ts';

/**
 * Runs the instances of all tasks: routes what arrives, journals before it sends, and keeps what was decided.
 * Everything is driven by its ports; with simulated ones it is deterministic.
 */
export class Engine implements NetworkHandlers {
  readonly committee: Committee;
  readonly certificates: Certificates;
  readonly reports: Reports;
  readonly attestations: Attestations;
  readonly records: TaskRecords;
  readonly #options: EngineOptions;
  readonly #dependencies: EngineDependencies;
  readonly #events: EngineEvents;
  readonly #authenticator: Authenticator;
  readonly #context: OpenTaskContext;
  readonly #tasks = new Map<Digest, OpenTask>();
  readonly #unknown: UnknownTasks;
  /** This engine as catch-up reaches it. */
  readonly scope: CatchUpScope;
  readonly #catchUp: CatchUp | undefined;
  readonly #exchange: PeerExchange;
  readonly #decisions: Decisions;
  readonly #router: Router;
  readonly #journal = new JournalIndex();
  readonly #outbox: Outbox;
  /** Tasks that are known by their records only, until their body is fetched. */
  readonly #bodiless = new Map<Digest, { records: JournalRecord[]; maySign: boolean }>();
  readonly #quota: TaskQuota;
  /** R28: undecided tasks that were given up; a certificate may still come for them. */
  readonly givenUp = new Set<Digest>();
  /** Nothing is signed for tasks that are open at its begin or first seen in it. */
  readonly #probation: Probation;
  #stopped = false;

  /** @param firstTick above every tick in the journal */
  private constructor(
    options: EngineOptions & { authenticator: Authenticator },
    dependencies: EngineDependencies,
    events: EngineEvents,
    firstTick: number,
  ) {
    const { committee, identity } = options;
    const { store, network, clock, logger, judge, random, side = null } = dependencies;
    const limits = { ...TASK_LIMITS, ...options.limits };
    this.committee = committee;
    this.#quota = new TaskQuota(limits);
    this.#options = options;
    this.#dependencies = dependencies;
    this.#events = events;
    // By then every task that was open when this node started is closed by the others.
    const isInformed = () => this.#catchUp?.hasHeardQuorum(committee, identity?.index ?? null) ?? true;
    this.#probation = new Probation(2 * committee.rules.timers.observeMs, clock, isInformed);
    const background = createBackground(logger);
    this.#authenticator = options.authenticator;
    this.certificates = new Certificates(committee, this.#authenticator, store);
    this.attestations = new Attestations({ ...dependencies, committee, identity, certificates: this.certificates });
    this.records = new TaskRecords({
      side,
      clock,
      logger,
      background,
      certificates: this.certificates,
      onNoted: (taskId, entry) => this.#events.onTimeline?.(taskId, entry),
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
        ...dependencies,
        committee,
        identity,
        onTick: (tick) => this.#events.onTick?.(tick),
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
      onHeard: (taskId) => this.#noteHeard(taskId),
      onFound: (found) => this.#router.takeFound(found),
    });
    this.scope = {
      isDecided: (taskId) => this.certificates.isDecided(taskId),
      isHeld: (taskId) => this.certificates.isHeld(taskId),
      isOpen: (taskId) => this.#tasks.has(taskId) || this.givenUp.has(taskId),
      onCert: (cert, from) => this.#decisions.take(cert, from),
      onOpenTask: (taskId, from) => this.#unknown.seek(taskId, from),
    };
    const { catchUp: scope = this.scope } = options;
    this.#catchUp = scope === null ? undefined : new CatchUp({ network, clock, logger, ...scope });
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
      isGivenUp: (taskId) => this.givenUp.has(taskId),
      onNewTask: (task, taskBytes, taskId, origin) => void this.#openNew(task, taskBytes, taskId, null, origin),
      onLateLeaf: (leaf) => this.records.lateLeaf(leaf),
      onCert: (cert, from) => this.#decisions.take(cert, from),
      onLate: (index, taskId) => this.#exchange.tellDecision(index, taskId, this.certificates.get(taskId)),
    });
    this.#context = {
      background,
      protocol: new ConsensusProtocol(committee, identity?.index ?? null),
      outbox: this.#outbox,
      ...{ judge, gate: new JudgingGate(clock) },
      clock,
      random,
      logger,
      holdBack: (digest) => this.reports.holdBack(digest),
      release: (digest) => this.reports.release(digest),
      onWant: (task) => this.#exchange.fetchWanted(task),
      isConnected: (index) => network.peers().some(({ validatorIndex }) => validatorIndex === index),
      onOverdue: (task) => this.#exchange.fetchAll(task),
      onReveal: (signer, result) => this.reports.pull(result, committee.validators[signer]!.publicKey),
      onOwnKeyElsewhere: () => this.#probation.prolong(),
      onDecided: (cert) => this.#decisions.keep(cert),
      onExpired: (task) => this.#giveUp(task),
      taskTtlMs: limits.taskTtlMs,
      onEquivocation: (signer) => network.report(committee.validators[signer]!.publicKey, 'equivocation'),
      onLateLeaf: (leaf) => this.records.lateLeaf(leaf),
      onEntry: (taskId, entry) => this.records.timelines.note(taskId, entry),
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
    if (journal.damaged || options.untrustedJournal === true) engine.#probation.begin();
    for (const taskId of journal.givenUp) engine.givenUp.add(taskId);
    for (const recovered of journal.tasks) {
      const { taskId, records, body } = recovered;
      const maySign = recovered.maySign && !engine.#probation.isRunning;
      if (body === undefined) engine.#bodiless.set(taskId, { records, maySign });
      else engine.#open({ ...body, taskId, records, maySign, announcement: null });
      // Damage shows once; that the task is only followed must outlast the next restart too.
      if (maySign !== recovered.maySign)
        engine.#outbox.record(taskId, { kind: 'opened', firstSeenMs: engine.#dependencies.clock.nowMs(), maySign });
    }
    for (const { tick, taskIds } of journal.entries) engine.#noteEntry(tick, taskIds);
    engine.#catchUp?.start();
    return engine;
  }

  get openTasks(): ReadonlyMap<Digest, OpenTask> {
    return this.#tasks;
  }

  /** Why nothing can be written at the moment, if so. */
  get writeFault(): string | undefined {
    return this.#outbox.fault;
  }

  /** Tasks first seen before this moment (milliseconds since 1970) are followed only; 0 if the journal was always trusted. */
  get trustedAfterMs(): number {
    return this.#probation.untilMs;
  }

  /** Runs once the journal is trusted again, which may come later than `trustedAfterMs` said. */
  whenTrusted(action: () => void): void {
    this.#probation.whenOver(action);
  }

  /** When nothing waits to be written or sent any more. */
  drained(): Promise<void> {
    return this.#outbox.drained();
  }

  /** Signs and sends nothing from here on; all that was said is in the journal. */
  stop(): void {
    this.#stopped = true;
    this.#probation.stop();
    this.records.stop();
    this.#catchUp?.stop();
    this.#exchange.stop();
    this.reports.stop();
    this.#outbox.stop();
    for (const task of this.#tasks.values()) task.stop();
  }

  /**
   * Takes in a task from a client and announces it; the same task has the same id, however often it is sent.
   * Resolves once it is durable.
   * @throws ValidationError DEADLINE_PASSED, TOO_MANY_TASKS, TASK_GIVEN_UP, OBSERVER
   */
  async submit(task: Task): Promise<Digest> {
    const taskBytes = encodeTask(task);
    const taskId = taskIdOf(this.committee.networkId, this.committee.epoch, taskBytes);
    if (this.#tasks.has(taskId) || (await this.certificates.isDecided(taskId))) return taskId;
    const { identity } = this.#options;
    if (identity === null) {
      throw new ValidationError('an observer takes no tasks: submit to a validator', 'OBSERVER');
    }
    assertInTime(task, this.#dependencies.clock.nowMs());
    if (this.givenUp.has(taskId))
      throw new ValidationError('this task was given up undecided: submit it with another attempt', 'TASK_GIVEN_UP');
    const refusal = this.#quota.refusal(identity.index, taskBytes.length);
    if (refusal !== undefined) throw tooManyTasks(refusal);
    const announcement = announcementOf(this.committee, identity, taskId, taskBytes);
    const origin = { note: 'from a client', validatorIndex: identity.index, announcedBy: identity.index };
    const opened = this.#openNew(task, taskBytes, taskId, announcement, origin);
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
    let offence: Offence = 'malformed-frame';
    try {
      const frame = this.#authenticator.readFrame(bytes);
      offence = 'bad-signature';
      return this.#router.takeFrame(frame, from) ? 'accept' : 'ignore';
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#dependencies.network.report(from, error instanceof JunkTaskError ? 'junk-task' : offence);
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
    if (this.committee.validators.some(({ publicKey }) => publicKey === peer)) void this.#catchUp?.sync(peer);
  }

  /** R29: it may be signed already, and its body may come after the probation, even after a restart. */
  #noteHeard(taskId: Digest): void {
    const isKnown = this.#tasks.has(taskId) || this.#bodiless.has(taskId) || this.certificates.has(taskId);
    if (isKnown || !this.#probation.isRunning || this.#bodiless.size >= HEARD_TASKS_MAX) return;
    this.#bodiless.set(taskId, { records: [], maySign: false });
    this.#outbox.record(taskId, { kind: 'opened', firstSeenMs: this.#dependencies.clock.nowMs(), maySign: false });
  }

  /** False if it is open already, or there are too many; then it comes again by a repeat. */
  #openNew(
    task: Task,
    taskBytes: Uint8Array,
    taskId: Digest,
    announcement: Announcement | null,
    origin: Origin,
  ): boolean {
    const known = this.#tasks.has(taskId) || this.certificates.has(taskId) || this.givenUp.has(taskId);
    if (known || this.#stopped) return false;
    if (this.#options.opensTasks?.() === false && !this.#bodiless.has(taskId)) return false;
    if (this.#quota.refusal(origin.announcedBy, taskBytes.length) !== undefined) return false;
    const firstSeenMs = this.#dependencies.clock.nowMs();
    this.#outbox.task({ taskId, taskBytes, firstSeenMs });
    const recovered = this.#bodiless.get(taskId) ?? { records: [], maySign: !this.#probation.isRunning };
    if (!this.#bodiless.delete(taskId))
      this.#outbox.record(taskId, { kind: 'opened', firstSeenMs, maySign: recovered.maySign });
    this.#open({ taskId, task, taskBytes, firstSeenMs, announcement, ...recovered }, origin);
    this.#outbox.afterSync(() => this.#events.onOpened?.(taskId, task));
    return true;
  }

  /** @param origin left out for a task that was open before a restart */
  #open(init: OpenTaskInit, origin?: Origin): void {
    const buffered = this.#unknown.take(init.taskId);
    this.records.opened(init.taskId, init.maySign, origin);
    const task = new OpenTask(this.#context, init, origin?.announcedBy);
    this.#tasks.set(init.taskId, task);
    this.#quota.opened(init.taskId, task.announcedBy, init.taskBytes.length);
    task.start();
    for (const leaf of buffered) task.dispatch({ kind: 'leaf', leaf });
  }

  #noteEntry(tick: number, taskIds: readonly Digest[]): void {
    const open = taskIds.filter((id) => this.#tasks.has(id) || this.#bodiless.has(id) || this.givenUp.has(id));
    if (this.#journal.add(tick, open)) this.#outbox.dropJournal(tick);
  }

  #close(cert: Cert): void {
    this.#forget(cert.taskId);
    this.#events.onDecided?.(cert.taskId, cert);
  }

  /** R28: its records go, and in the same write comes what keeps this node from ever signing for it again. */
  #giveUp({ taskId }: OpenTask): void {
    if (this.#stopped || this.certificates.has(taskId)) return;
    this.#dependencies.logger.warn({ taskId }, 'a task was given up undecided: too few validators took part in it');
    this.#forget(taskId);
    this.givenUp.add(taskId);
    this.#outbox.record(taskId, { kind: 'given up' });
  }

  #forget(taskId: Digest): void {
    this.records.timelines.close(taskId);
    this.#quota.closed(taskId);
    this.givenUp.delete(taskId);
    this.#tasks.get(taskId)?.stop();
    this.#tasks.delete(taskId);
    this.#bodiless.delete(taskId);
    this.#unknown.take(taskId);
    for (const tick of this.#journal.remove(taskId)) this.#outbox.dropJournal(tick);
  }
}
