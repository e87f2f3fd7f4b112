import type { Committee } from '../protocol/committee.ts';
import type { Digest } from '../protocol/hash.ts';
import type { Authentic, SignedLeaf } from '../protocol/signed-leaf.ts';
import { decodeTask, type Task, taskIdOf } from '../protocol/task.ts';
import type { Background } from './background.ts';
import { BoundedSet } from './bounded.ts';
import { detached, heldBytesOf } from './detached-leaf.ts';
import {
  UNKNOWN_BYTES_OF_ONE_MAX,
  UNKNOWN_LEAVES_MAX,
  UNKNOWN_TASK_MS,
  UNKNOWN_TASKS_MAX,
  UNKNOWN_TASKS_OF_ONE,
  UNKNOWN_TASKS_OF_ONE_MAX,
} from './limits.ts';
import type { Clock, Logger, Network, PeerKey } from './ports.ts';

export interface UnknownTaskContext {
  committee: Committee;
  network: Network;
  clock: Clock;
  logger: Logger;
  background: Background;
  /** Somebody spoke of this task; its body may come much later, or another way. */
  onHeard?(taskId: Digest): void;
  /** The body is here: open the task, then hand it the leaves that came before it. */
  onFound(found: FoundTask): void;
}

export interface FoundTask {
  task: Task;
  taskBytes: Uint8Array;
  taskId: Digest;
  leaves: Authentic<SignedLeaf>[];
  /** Who announced it, if that was how it was met. */
  announcedBy: number | undefined;
}

interface Pending {
  held: { leaf: Authentic<SignedLeaf>; bytes: number; source: Source }[];
  asked: Set<PeerKey>;
  /** Asked, and had no such task. */
  lacking: Set<PeerKey>;
  sinceMs: number;
  source: Source;
  /** A signer holds the task that it signed about, and must be able to show it. */
  isSigned: boolean;
  announcedBy: number | undefined;
}

/** Whoever made this node look: the signer of a leaf, else the peer that brought it. Bounded each for itself. */
interface Source {
  key: PeerKey;
  tasks: number;
  bytes: number;
  allowance: number;
  filledAtMs: number;
}

/** R26: leaves of tasks whose body is not here yet: buffered, bounded, and the body asked for, never ignored. */
export class UnknownTasks {
  readonly #context: UnknownTaskContext;
  readonly #pending = new Map<Digest, Pending>();
  readonly #sources = new Map<PeerKey, Source>();
  /** Ids whose body was found to be no valid task. */
  readonly #junk = new BoundedSet<Digest>(UNKNOWN_TASKS_MAX);

  constructor(context: UnknownTaskContext) {
    this.#context = context;
  }

  /** Looks for a task at the peer that mentioned it, then at others; not for more than one source may ask. */
  seek(taskId: Digest, from: PeerKey, leaf?: Authentic<SignedLeaf>, announcedBy?: number): void {
    if (this.#junk.has(taskId)) return;
    this.#context.onHeard?.(taskId);
    const known = this.#pending.get(taskId);
    const source = this.#sourceOf(from, leaf?.signer ?? announcedBy);
    if (known !== undefined) return this.#buffer(known, source, leaf);
    if (!mayLook(source)) return; // repeats bring it again
    if (this.#pending.size >= UNKNOWN_TASKS_MAX) this.#dropOldest();
    source.tasks += 1;
    source.allowance -= 1;
    const sinceMs = this.#context.clock.nowMs();
    const isSigned = leaf !== undefined || announcedBy !== undefined;
    const asks = { asked: new Set<PeerKey>(), lacking: new Set<PeerKey>() };
    const pending: Pending = { held: [], ...asks, sinceMs, source, isSigned, announcedBy };
    this.#pending.set(taskId, pending);
    this.#buffer(pending, source, leaf);
    this.#context.background('fetching a task', this.#fetch(taskId, pending, from));
  }

  /** The body came another way; returns what was buffered for it. */
  take(taskId: Digest): Authentic<SignedLeaf>[] {
    const pending = this.#pending.get(taskId);
    if (pending === undefined) return [];
    this.#drop(taskId, pending);
    return pending.held.map(({ leaf }) => leaf);
  }

  #buffer(pending: Pending, source: Source, leaf: Authentic<SignedLeaf> | undefined): void {
    if (leaf === undefined || pending.held.length >= UNKNOWN_LEAVES_MAX) return;
    const bytes = heldBytesOf(leaf);
    if (source.bytes + bytes > UNKNOWN_BYTES_OF_ONE_MAX) return;
    source.bytes += bytes;
    pending.held.push({ leaf: detached(leaf), bytes, source });
  }

  async #fetch(taskId: Digest, pending: Pending, first: PeerKey): Promise<void> {
    for (let peer: PeerKey | undefined = first; peer !== undefined; peer = this.#nextPeer(pending)) {
      pending.asked.add(peer);
      const taskBytes = await this.#ask(peer, taskId, pending);
      if (this.#pending.get(taskId) !== pending) return; // found another way, or dropped
      if (taskBytes !== undefined) return this.#found(taskId, taskBytes, pending);
    }
    this.#drop(taskId, pending); // a repeat brings the leaves again
    const { source, isSigned, lacking } = pending;
    if (isSigned && lacking.has(source.key)) this.#context.network.report(source.key, 'unknown-task');
  }

  async #ask(peer: PeerKey, taskId: Digest, pending: Pending): Promise<Uint8Array | undefined> {
    const { network, committee, logger } = this.#context;
    try {
      const answer = await network.request(peer, { kind: 'task', taskId });
      if (answer.kind !== 'task') return undefined;
      if (answer.taskBytes === null) {
        pending.lacking.add(peer);
        return undefined;
      }
      if (taskIdOf(committee.networkId, committee.epoch, answer.taskBytes) === taskId) return answer.taskBytes;
      network.report(peer, 'lying-answer');
    } catch (error) {
      logger.debug({ taskId, peer, error: (error as Error).message }, 'no task from this peer');
    }
    return undefined;
  }

  #nextPeer({ asked, sinceMs }: Pending): PeerKey | undefined {
    if (this.#context.clock.nowMs() - sinceMs > UNKNOWN_TASK_MS) return undefined;
    return this.#context.network.peers().find(({ key }) => !asked.has(key))?.key;
  }

  #found(taskId: Digest, taskBytes: Uint8Array, pending: Pending): void {
    let task: Task;
    try {
      task = decodeTask(taskBytes);
    } catch (error) {
      this.#drop(taskId, pending);
      this.#junk.add(taskId);
      this.#context.logger.debug({ taskId, error: (error as Error).message }, 'this id is of no valid task');
      if (pending.isSigned) this.#context.network.report(pending.source.key, 'junk-task');
      return;
    }
    this.#context.onFound({ task, taskBytes, taskId, leaves: this.take(taskId), announcedBy: pending.announcedBy });
  }

  #sourceOf(from: PeerKey, signer: number | undefined): Source {
    const { committee, clock } = this.#context;
    const key = signer === undefined ? from : committee.validators[signer]!.publicKey;
    const nowMs = clock.nowMs();
    const known = this.#sources.get(key);
    if (known !== undefined) return refilled(known, nowMs);
    if (this.#sources.size >= UNKNOWN_TASKS_MAX) this.#forgetIdle();
    const source = { key, tasks: 0, bytes: 0, allowance: UNKNOWN_TASKS_OF_ONE.burst, filledAtMs: nowMs };
    this.#sources.set(key, source);
    return source;
  }

  /** Observers' keys are free to make; a source that nothing is looked for may be forgotten. */
  #forgetIdle(): void {
    for (const [key, { tasks, bytes }] of this.#sources) {
      if (tasks === 0 && bytes === 0) return void this.#sources.delete(key);
    }
  }

  #dropOldest(): void {
    const [taskId, pending] = this.#pending.entries().next().value!;
    this.#drop(taskId, pending);
  }

  #drop(taskId: Digest, pending: Pending): void {
    if (!this.#pending.delete(taskId)) return;
    pending.source.tasks -= 1;
    for (const { bytes, source } of pending.held) source.bytes -= bytes;
  }
}

function mayLook({ tasks, allowance }: Source): boolean {
  return tasks < UNKNOWN_TASKS_OF_ONE_MAX && allowance >= 1;
}

function refilled(source: Source, nowMs: number): Source {
  const { perSecond, burst } = UNKNOWN_TASKS_OF_ONE;
  const pastMs = Math.max(0, nowMs - source.filledAtMs);
  source.allowance = Math.min(burst, source.allowance + (pastMs / 1000) * perSecond);
  source.filledAtMs = nowMs;
  return source;
}
