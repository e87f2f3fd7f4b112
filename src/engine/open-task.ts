import type { ConsensusProtocol } from '../consensus/protocol.ts';
import { repeatOf } from '../consensus/repeat.ts';
import {
  type Effect,
  type Input,
  type Instance,
  type JournalRecord,
  maySign,
  type TimerName,
} from '../consensus/state.ts';
import type { Cert } from '../protocol/bundle.ts';
import { toHex } from '../protocol/bytes.ts';
import { encodeCanonical } from '../protocol/cbor.ts';
import { type Announcement, provenLeafToCbor } from '../protocol/frame.ts';
import type { Digest } from '../protocol/hash.ts';
import type { Judgement } from '../protocol/judgement.ts';
import { leafSlot } from '../protocol/leaf.ts';
import type { Authentic, SignedLeaf } from '../protocol/signed-leaf.ts';
import { encodeTask, type Task } from '../protocol/task.ts';
import type { ValidationResult } from '../protocol/validation-result.ts';
import { AWAY_MS, DEADLINE_WAIT_MS_MIN, REPEAT_MS, REPEAT_MS_MAX, TIMER_MS_MAX } from './limits.ts';
import type { Outbox } from './outbox.ts';
import { OwnJudgement, type OwnJudgementContext } from './own-judgement.ts';
import type { Random, TimelineEntry } from './ports.ts';
import { sealJudgement } from './seal.ts';
import { inlineBody } from './submission.ts';
import { TimelineWatch } from './timeline-watch.ts';

const SALT_BYTES = 32;

export interface OpenTaskContext extends OwnJudgementContext {
  protocol: ConsensusProtocol;
  outbox: Outbox;
  random: Random;
  /** The report of an own judgement must not leave the node until its reveal. */
  holdBack(reportDigest: Digest): void;
  release(reportDigest: Digest): void;
  /** Something is missing here that others hold. */
  onWant(task: OpenTask): void;
  /** Some time went by without a decision: ask somebody for everything. */
  onOverdue(task: OpenTask): void;
  /** Another validator's result is held: its report may be pulled. */
  onReveal(signer: number, result: ValidationResult): void;
  /** A leaf under this node's key came in for a task that is followed only (R29): somebody signs with it. */
  onOwnKeyElsewhere(): void;
  /** A validator signed two different statements for one slot. */
  onEquivocation(signer: number): void;
  /** The task's time is over, and it is undecided. */
  onExpired(task: OpenTask): void;
  /** How long an undecided task is held. */
  taskTtlMs: number;
  /** A leaf came after the decision. */
  onLateLeaf(leaf: Authentic<SignedLeaf>): void;
  /** Something happened that an explanation tells. */
  onEntry(taskId: Digest, entry: Omit<TimelineEntry, 'atMs'>): void;
  onDecided(cert: Cert): void;
  /** Whether a validator is connected now; by its position. */
  isConnected(index: number): boolean;
}

export interface OpenTaskInit {
  taskId: Digest;
  task: Task;
  taskBytes: Uint8Array;
  firstSeenMs: number;
  records: readonly JournalRecord[];
  /** False for a task that was open at the start of a node whose journal cannot be trusted (R29). */
  maySign: boolean;
  announcement: Announcement | null;
}

/** One undecided task: its instance, its mailbox, its timers, its judge. */
export class OpenTask {
  readonly taskId: Digest;
  readonly task: Task;
  readonly firstSeenMs: number;
  readonly instance: Instance;
  /** Who signed that the task came in by it; learnt late where statements came before the announcement. */
  announcedBy: number | undefined;
  /** Why this task was given up here, if it was. */
  fault: string | undefined;
  readonly #context: OpenTaskContext;
  /** Without its body, which would weigh as much as the task. */
  readonly #announcement: Announcement | null;
  readonly #mailbox: Input[] = [];
  readonly #timers = new Set<() => void>();
  readonly #watch: TimelineWatch;
  #judgement: OwnJudgement | undefined;
  #running = false;
  #stopped = false;
  #cancelRepeat = () => {};
  #repeatMs = REPEAT_MS;
  #lastSeen = '';
  #repeatedAtMs = 0;

  constructor(context: OpenTaskContext, init: OpenTaskInit, announcedBy?: number) {
    this.#context = context;
    this.taskId = init.taskId;
    this.task = init.task;
    this.firstSeenMs = init.firstSeenMs;
    this.instance = context.protocol.instance(init.taskId, init.records);
    if (!init.maySign) this.instance.muted = true;
    this.#announcement = init.announcement && { ...init.announcement, body: null };
    this.announcedBy = announcedBy;
    this.#watch = new TimelineWatch(this.instance, context.onEntry);
    this.#repeatedAtMs = context.clock.nowMs();
  }

  /** Canonical bytes: rarely asked for, so they are made anew rather than kept beside what they say. */
  get taskBytes(): Uint8Array {
    return encodeTask(this.task);
  }

  start(): void {
    const { outbox } = this.#context;
    if (this.instance.opening !== null) this.#context.holdBack(this.instance.opening.result.reportDigest);
    if (this.instance.own.size > 0) outbox.repeat(repeatOf(this.instance).leaves, []);
    this.dispatch({ kind: 'start' });
    this.#armDeadline();
    this.#armEnd();
    if (this.#needsJudgement()) this.#judge();
    this.#lastSeen = this.#fingerprint();
    this.#scheduleRepeat(this.#repeatMs);
  }

  /** One input at a time, in the order of arrival; an input that arises meanwhile waits. */
  dispatch(input: Input): void {
    this.#mailbox.push(input);
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#mailbox.shift(); next !== undefined && !this.#stopped; next = this.#mailbox.shift()) {
        this.#take(next);
      }
    } catch (error) {
      this.#fail(error as Error);
    } finally {
      this.#running = false;
    }
  }

  hasSeen({ signer, leaf, digest }: SignedLeaf): boolean {
    const seen = this.instance.seen.get(`${signer}/${leafSlot(leaf)}`);
    return seen?.some((known) => known.digest === digest) ?? false;
  }

  /** True for a new leaf of this node's key that it did not say itself. */
  #isForeign(leaf: SignedLeaf): boolean {
    const { self, muted, own } = this.instance;
    if (leaf.signer !== self || !muted || this.hasSeen(leaf)) return false;
    return own.get(leafSlot(leaf.leaf))?.digest !== leaf.digest;
  }

  #take(input: Input): void {
    if (this.instance.decided !== null && input.kind === 'leaf') return this.#context.onLateLeaf(input.leaf);
    if (input.kind === 'leaf' && this.#isForeign(input.leaf)) this.#context.onOwnKeyElsewhere();
    const effects = this.#context.protocol.step(this.instance, input);
    this.#watch.observe(input, effects);
    for (const effect of effects) this.#perform(effect);
    if (input.kind !== 'leaf') return;
    this.#tellReveal(input.leaf);
    if (input.leaf.signer !== this.instance.self) this.#context.gate.letIn(this.taskId);
  }

  #tellReveal({ signer, leaf }: SignedLeaf): void {
    if (leaf.type !== 'REVEAL' || signer === this.instance.self) return;
    const isHeld = this.instance.reveals.get(signer)?.some((held) => held.leaf.leaf === leaf);
    if (isHeld === true) this.#context.onReveal(signer, leaf.opening.result);
  }

  /** An invariant broke: this instance says nothing more, the others go on. Its journal is read again at the next start. */
  #fail(error: Error): void {
    this.fault = error.message;
    this.#context.logger.error(
      { taskId: this.taskId, error: error.message },
      'this task is stopped by a fault of the program',
    );
    this.stop();
  }

  /** Sends the stored leaves again soon, e.g. since a peer came back. */
  repeatSoon(delayMs: number): void {
    this.#repeatMs = REPEAT_MS;
    this.#lastSeen = this.#fingerprint();
    this.#scheduleRepeat(delayMs);
  }

  stop(): void {
    this.#stopped = true;
    this.#endJudging();
    this.#cancelRepeat();
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  #perform(effect: Effect): void {
    const { outbox, logger } = this.#context;
    switch (effect.kind) {
      case 'record':
        return outbox.record(this.taskId, effect.record);
      case 'state':
        if (effect.own.leaf.type === 'REVEAL') this.#releaseReport();
        return outbox.leaf(effect.own);
      case 'bundle':
        return outbox.bundle(effect.bundle);
      case 'timer':
        return this.#setTimer(effect.timer, effect.delayMs);
      case 'want':
        return this.#context.onWant(this);
      case 'evidence':
        return this.#keepEvidence(...effect.leaves);
      case 'muted':
        logger.error(
          { taskId: this.taskId, slot: leafSlot(effect.leaf.leaf) },
          'a leaf under this key is not in this journal: the key signs elsewhere, or the data is old; following this task without signing',
        );
        return this.#endJudging();
      case 'decided':
        this.#endJudging();
        this.#releaseReport(); // the result is fixed: nothing is left to copy
        return this.#context.onDecided(effect.cert);
    }
  }

  #releaseReport(): void {
    const { opening } = this.instance;
    if (opening !== null) this.#context.release(opening.result.reportDigest);
  }

  #keepEvidence(first: SignedLeaf, second: SignedLeaf): void {
    const slot = leafSlot(first.leaf);
    const evidenceBytes = encodeCanonical([provenLeafToCbor(first), provenLeafToCbor(second)]);
    this.#context.logger.warn(
      { taskId: this.taskId, validator: first.signer, slot },
      'equivocation: two different signed leaves for one slot',
    );
    this.#context.onEquivocation(first.signer);
    this.#context.outbox.evidence({ taskId: this.taskId, validatorIndex: first.signer, slot, evidenceBytes });
  }

  #setTimer(timer: TimerName, delayMs: number): void {
    // Observing ends with the task's deadline; the other timers are short.
    const cutMs = timer.name === 'observe' ? this.#cutByDeadline(delayMs) : delayMs;
    const cancel = this.#context.clock.setTimer(cutMs, () => {
      this.#timers.delete(cancel);
      this.dispatch({ kind: 'timer', timer });
    });
    this.#timers.add(cancel);
    if (timer.name === 'grace')
      this.#armVain(() => this.dispatch({ kind: 'timer', timer }), Math.min(delayMs, AWAY_MS));
  }

  /** R23: nobody is waited for who is not there. */
  #armVain(action: () => void, delayMs: number): void {
    const cancel = this.#context.clock.setTimer(delayMs, () => {
      this.#timers.delete(cancel);
      const { commits, committee } = this.instance;
      const awaited = [...committee.validators.keys()].filter((index) => !commits.has(index));
      if (!awaited.some((index) => this.#context.isConnected(index))) action();
    });
    this.#timers.add(cancel);
  }

  #armDeadline(): void {
    if (this.task.deadline === undefined) return;
    this.#armLong(this.#untilDeadlineMs(), () => this.dispatch({ kind: 'deadline' }));
  }

  /** R28: a task that too few validators can decide does not stay for ever; one with a deadline stays as long after it. */
  #armEnd(): void {
    const { clock, taskTtlMs, onExpired } = this.#context;
    const fromMs = Math.max(this.firstSeenMs, (this.task.deadline ?? 0) * 1000);
    this.#armLong(Math.max(0, fromMs + taskTtlMs - clock.nowMs()), () => onExpired(this));
  }

  /** In stages where it is longer than one timer can run. */
  #armLong(delayMs: number, action: () => void): void {
    const restMs = Math.max(0, delayMs - TIMER_MS_MAX);
    const cancel = this.#context.clock.setTimer(delayMs - restMs, () => {
      this.#timers.delete(cancel);
      if (restMs > 0) this.#armLong(restMs, action);
      else action();
    });
    this.#timers.add(cancel);
  }

  #untilDeadlineMs(): number {
    const deadlineMs = (this.task.deadline ?? Number.POSITIVE_INFINITY) * 1000;
    return Math.max(DEADLINE_WAIT_MS_MIN, deadlineMs - this.#context.clock.nowMs());
  }

  #cutByDeadline(delayMs: number): number {
    return Math.min(delayMs, this.#untilDeadlineMs());
  }

  /** R28: a model is never asked again for a task that this validator committed to or closed. */
  #needsJudgement(): boolean {
    const { own } = this.instance;
    return maySign(this.instance) && !own.has('COMMIT/0') && !own.has('CLOSE/0') && this.instance.decided === null;
  }

  #judge(): void {
    const { clock, protocol } = this.#context;
    const startMs = clock.nowMs();
    const { judgeBudgetMs, graceMs } = protocol.committee.rules.timers;
    // Ends before the deadline closes the task, so that an abstention is still committed, and listed by others.
    const budgetMs = Math.min(judgeBudgetMs, Math.max(DEADLINE_WAIT_MS_MIN / 2, this.#untilDeadlineMs() - graceMs));
    this.#judgement = new OwnJudgement(this.#context, this, budgetMs, (judgement) => this.#judged(judgement, startMs));
  }

  /** The place at the judge outlasts the judgement: the network is at the task until it ends. */
  #endJudging(): void {
    this.#judgement?.stop();
    this.#context.gate.leave(this.taskId);
  }

  #judged(judgement: Judgement, startMs: number): void {
    const { outbox, clock, random, holdBack, onEntry } = this.#context;
    this.#judgement = undefined;
    if (this.#stopped || !this.#needsJudgement()) return;
    const validatorIndex = this.instance.self!;
    onEntry(this.taskId, { event: 'judged', validatorIndex, note: `in ${Math.round(clock.nowMs() - startMs)} ms` });
    const { result, reportBytes } = sealJudgement(judgement, Math.floor(clock.nowMs() / 1000));
    holdBack(result.reportDigest);
    outbox.report(result.reportDigest, reportBytes);
    this.dispatch({ kind: 'judged', opening: { result, salt: toHex(random.bytes(SALT_BYTES)) } });
  }

  /** R24: a node that learns nothing new repeats itself, ever more rarely while nothing comes of it. */
  #scheduleRepeat(delayMs: number): void {
    this.#cancelRepeat();
    const { clock, random } = this.#context;
    this.#cancelRepeat = clock.setTimer(delayMs * (0.75 + random.fraction() / 2), () => this.#repeat());
  }

  #repeat(): void {
    if (this.#stopped || this.instance.decided !== null) return;
    const seen = this.#fingerprint();
    const stalled = seen === this.#lastSeen;
    const nowMs = this.#context.clock.nowMs();
    if (stalled || nowMs - this.#repeatedAtMs >= REPEAT_MS_MAX) {
      this.#sayAgain();
      this.#repeatedAtMs = nowMs;
    }
    this.#repeatMs = stalled ? Math.min(this.#repeatMs * 1.5, REPEAT_MS_MAX) : REPEAT_MS;
    this.#lastSeen = seen;
    this.#scheduleRepeat(this.#repeatMs);
  }

  #sayAgain(): void {
    const { outbox } = this.#context;
    const { leaves, bundles } = repeatOf(this.instance);
    if (maySign(this.instance)) outbox.repeat(leaves, bundles);
    if (this.#announcement !== null && this.instance.closedWeight === 0)
      outbox.announce({ ...this.#announcement, body: inlineBody(this.taskBytes) });
    if (!this.#context.gate.isWaiting(this.taskId)) this.#context.onOverdue(this);
  }

  /** Changes whenever something was learnt. */
  #fingerprint(): string {
    return `${this.instance.seen.size}/${this.instance.round}/${this.instance.step}`;
  }
}
