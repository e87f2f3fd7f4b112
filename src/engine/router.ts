import type { Authenticator } from '../protocol/authenticator.ts';
import type { WireBundle } from '../protocol/bundle.ts';
import type { Committee } from '../protocol/committee.ts';
import { ProtocolError } from '../protocol/errors.ts';
import type { Announcement, WireFrame } from '../protocol/frame.ts';
import type { Digest } from '../protocol/hash.ts';
import type { Authentic, SignedLeaf } from '../protocol/signed-leaf.ts';
import { decodeTask, type Task, taskIdOf } from '../protocol/task.ts';
import type { Background } from './background.ts';
import type { Certificates } from './certificates.ts';
import type { OpenTask } from './open-task.ts';
import type { PeerKey } from './ports.ts';
import type { Origin } from './task-records.ts';
import type { FoundTask, UnknownTasks } from './unknown-tasks.ts';

export interface RouterContext {
  committee: Committee;
  authenticator: Authenticator;
  certificates: Certificates;
  unknown: UnknownTasks;
  tasks: ReadonlyMap<Digest, OpenTask>;
  background: Background;
  isStopped(): boolean;
  /** Undecided, and not to be opened again. */
  isGivenUp(taskId: Digest): boolean;
  /** A task that is neither open nor decided. */
  onNewTask(task: Task, taskBytes: Uint8Array, taskId: Digest, origin: Origin): void;
  /** A certificate of a task that is not decided here; unchecked. */
  onCert(cert: WireBundle, from: PeerKey): void;
  /** Something was said of a task after its decision here. */
  onLateLeaf(leaf: Authentic<SignedLeaf>): void;
  /** Somebody still asks about a decided task. */
  onLate(validatorIndex: number, taskId: Digest): void;
}

/** Checks what arrives, and brings it to its task: open, decided, or unknown so far. */
export class Router {
  readonly #context: RouterContext;

  constructor(context: RouterContext) {
    this.#context = context;
  }

  /**
   * True if the frame is worth passing on: something in it was new here, and nothing in it went unchecked, so that no
   * peer is blamed for what it passed on in good faith.
   * @throws ProtocolError for what is not signed as it says
   */
  takeFrame({ batch, bundles, announcements }: WireFrame, from: PeerKey): boolean {
    const news: boolean[] = announcements.map((announcement) => this.#takeAnnouncement(announcement, from));
    if (batch !== null) {
      const { leaves } = this.#context.authenticator.openBatch(batch);
      for (const leaf of leaves) news.push(this.takeLeaf(leaf, from, batch.repeat));
    }
    const checked = bundles.map((bundle) => this.takeBundle(bundle, from));
    return checked.every(Boolean) && (news.includes(true) || bundles.some(({ kind }) => kind === 'CERT'));
  }

  /** True if it was new. */
  takeLeaf(leaf: Authentic<SignedLeaf>, from: PeerKey, repeat: boolean): boolean {
    const { tasks, certificates, background } = this.#context;
    const { taskId } = leaf.leaf;
    const open = tasks.get(taskId);
    if (open !== undefined) {
      const wasSeen = open.hasSeen(leaf);
      open.dispatch({ kind: 'leaf', leaf });
      return !wasSeen && open.hasSeen(leaf);
    }
    if (certificates.has(taskId)) this.#takeLate(leaf, repeat);
    else background('looking a task up', this.#takeStrange(leaf, from, repeat));
    return false;
  }

  /** A leaf of a task that is neither open nor lately decided. */
  async #takeStrange(leaf: Authentic<SignedLeaf>, from: PeerKey, repeat: boolean): Promise<void> {
    const { tasks, certificates, unknown, isStopped } = this.#context;
    const { taskId } = leaf.leaf;
    const decided = await certificates.isDecided(taskId);
    if (isStopped() || this.#context.isGivenUp(taskId)) return;
    if (decided) return this.#takeLate(leaf, repeat);
    const opened = tasks.get(taskId); // meanwhile
    return opened === undefined ? unknown.seek(taskId, from, leaf) : opened.dispatch({ kind: 'leaf', leaf });
  }

  #takeLate(leaf: Authentic<SignedLeaf>, repeat: boolean): void {
    this.#context.onLateLeaf(leaf);
    if (repeat) this.#context.onLate(leaf.signer, leaf.leaf.taskId);
  }

  /**
   * True if it was checked.
   * @throws ProtocolError
   */
  takeBundle(wire: WireBundle, from: PeerKey): boolean {
    const { tasks, certificates, unknown, authenticator, onCert } = this.#context;
    if (certificates.has(wire.taskId)) return false;
    const open = tasks.get(wire.taskId);
    if (open !== undefined) open.dispatch({ kind: 'bundle', bundle: authenticator.openBundle(wire) });
    else if (wire.kind === 'CERT') onCert(wire, from);
    else if (!this.#context.isGivenUp(wire.taskId)) unknown.seek(wire.taskId, from);
    return open !== undefined || wire.kind === 'CERT';
  }

  /** True if it was checked, and is worth passing on. */
  #takeAnnouncement(announcement: Announcement, from: PeerKey): boolean {
    const { tasks, certificates } = this.#context;
    const open = tasks.get(announcement.taskId);
    if (certificates.has(announcement.taskId) || open?.announcedBy !== undefined) return false;
    if (this.#context.isGivenUp(announcement.taskId)) return false;
    this.#context.authenticator.openAnnouncement(announcement);
    if (open === undefined) this.#takeNewTask(announcement, from);
    else open.announcedBy = announcement.origin;
    return open === undefined;
  }

  #takeNewTask({ taskId, body, size, origin: announcedBy }: Announcement, from: PeerKey): void {
    const { committee, unknown } = this.#context;
    if (body === null) return this.#ifUndecided(taskId, () => unknown.seek(taskId, from, undefined, announcedBy));
    if (body.length !== size || taskIdOf(committee.networkId, committee.epoch, body) !== taskId) {
      throw new ProtocolError('an announcement came with the body of another task');
    }
    const task = decodeTaskOf(body);
    const origin = { note: 'by its announcement', validatorIndex: announcedBy, announcedBy };
    this.#ifUndecided(taskId, () => this.#context.onNewTask(task, body, taskId, origin));
  }

  /** The body of a task whose leaves came before it. */
  takeFound({ task, taskBytes, taskId, leaves, announcedBy }: FoundTask): void {
    this.#ifUndecided(taskId, () => {
      this.#context.onNewTask(task, taskBytes, taskId, originOf(leaves[0], announcedBy));
      for (const leaf of leaves) this.#context.tasks.get(taskId)?.dispatch({ kind: 'leaf', leaf });
    });
  }

  /** R28: a decided task is never opened again, whatever made somebody look for its body. */
  #ifUndecided(taskId: Digest, action: () => void): void {
    const { certificates, background, isStopped } = this.#context;
    const act = (decided: boolean) => (decided || isStopped() ? undefined : action());
    background('opening a task', certificates.isDecided(taskId).then(act));
  }
}

function originOf(first: SignedLeaf | undefined, announcedBy: number | undefined): Origin {
  if (announcedBy !== undefined) return { note: 'by its announcement', validatorIndex: announcedBy, announcedBy };
  return first === undefined
    ? { note: 'by the list of a peer' }
    : { note: 'by what a validator said of it', validatorIndex: first.signer };
}

/** What was announced is signed well, and no task. */
export class JunkTaskError extends ProtocolError {}

function decodeTaskOf(body: Uint8Array): Task {
  try {
    return decodeTask(body);
  } catch (error) {
    throw new JunkTaskError(`an announced task is not valid: ${(error as Error).message}`);
  }
}
