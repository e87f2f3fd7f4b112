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
import type { UnknownTasks } from './unknown-tasks.ts';

export interface RouterContext {
  committee: Committee;
  authenticator: Authenticator;
  certificates: Certificates;
  unknown: UnknownTasks;
  tasks: ReadonlyMap<Digest, OpenTask>;
  background: Background;
  isStopped(): boolean;
  /** A task that is neither open nor decided. */
  onNewTask(task: Task, taskBytes: Uint8Array, taskId: Digest): void;
  /** A certificate of a task that is not decided here; unchecked. */
  onCert(cert: WireBundle, from: PeerKey): void;
  /** Somebody still asks about a decided task. */
  onLate(validatorIndex: number, taskId: Digest): void;
}

/** Checks what arrives, and brings it to its task: open, decided, or unknown so far. */
export class Router {
  readonly #context: RouterContext;

  constructor(context: RouterContext) {
    this.#context = context;
  }

  /** @throws ProtocolError for what is not signed as it says */
  takeFrame({ batch, bundles, announcements }: WireFrame, from: PeerKey): void {
    for (const announcement of announcements) this.#takeAnnouncement(announcement, from);
    if (batch !== null) {
      const { leaves } = this.#context.authenticator.openBatch(batch);
      for (const leaf of leaves) this.takeLeaf(leaf, from, batch.repeat);
    }
    for (const bundle of bundles) this.takeBundle(bundle, from);
  }

  takeLeaf(leaf: Authentic<SignedLeaf>, from: PeerKey, repeat: boolean): void {
    const { tasks, certificates, onLate, background } = this.#context;
    const { taskId } = leaf.leaf;
    const open = tasks.get(taskId);
    if (open !== undefined) return open.dispatch({ kind: 'leaf', leaf });
    if (certificates.has(taskId)) return repeat ? onLate(leaf.signer, taskId) : undefined;
    background('looking a task up', this.#takeStrange(leaf, from, repeat));
  }

  /** A leaf of a task that is neither open nor lately decided. */
  async #takeStrange(leaf: Authentic<SignedLeaf>, from: PeerKey, repeat: boolean): Promise<void> {
    const { tasks, certificates, unknown, onLate, isStopped } = this.#context;
    const { taskId } = leaf.leaf;
    const decided = await certificates.isDecided(taskId);
    if (isStopped()) return;
    if (decided) return repeat ? onLate(leaf.signer, taskId) : undefined;
    const opened = tasks.get(taskId); // meanwhile
    return opened === undefined ? unknown.seek(taskId, from, leaf) : opened.dispatch({ kind: 'leaf', leaf });
  }

  /** @throws ProtocolError */
  takeBundle(wire: WireBundle, from: PeerKey): void {
    const { tasks, certificates, unknown, authenticator, onCert } = this.#context;
    if (certificates.has(wire.taskId)) return;
    const open = tasks.get(wire.taskId);
    if (open !== undefined) open.dispatch({ kind: 'bundle', bundle: authenticator.openBundle(wire) });
    else if (wire.kind === 'CERT') onCert(wire, from);
    else unknown.seek(wire.taskId, from);
  }

  #takeAnnouncement(announcement: Announcement, from: PeerKey): void {
    const { committee, tasks, certificates, unknown, authenticator } = this.#context;
    const { taskId, body } = announcement;
    if (tasks.has(taskId) || certificates.has(taskId)) return;
    authenticator.openAnnouncement(announcement);
    if (body === null) return this.#ifUndecided(taskId, () => unknown.seek(taskId, from));
    if (body.length !== announcement.size || taskIdOf(committee.networkId, committee.epoch, body) !== taskId) {
      throw new ProtocolError('an announcement came with the body of another task');
    }
    const task = decodeTaskOf(body);
    this.#ifUndecided(taskId, () => this.#context.onNewTask(task, body, taskId));
  }

  /** The body of a task whose leaves came before it. */
  takeFound(task: Task, taskBytes: Uint8Array, taskId: Digest, leaves: readonly Authentic<SignedLeaf>[]): void {
    this.#ifUndecided(taskId, () => {
      this.#context.onNewTask(task, taskBytes, taskId);
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

function decodeTaskOf(body: Uint8Array): Task {
  try {
    return decodeTask(body);
  } catch (error) {
    throw new ProtocolError(`an announced task is not valid: ${(error as Error).message}`);
  }
}
