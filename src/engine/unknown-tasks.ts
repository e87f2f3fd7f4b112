import type { Committee } from '../protocol/committee.ts';
import type { Digest } from '../protocol/hash.ts';
import type { Authentic, SignedLeaf } from '../protocol/signed-leaf.ts';
import { decodeTask, type Task, taskIdOf } from '../protocol/task.ts';
import type { Background } from './background.ts';
import { BoundedSet } from './bounded.ts';
import { UNKNOWN_LEAVES_MAX, UNKNOWN_TASK_MS, UNKNOWN_TASKS_MAX } from './limits.ts';
import type { Clock, Logger, Network, PeerKey } from './ports.ts';

export interface UnknownTaskContext {
  committee: Committee;
  network: Network;
  clock: Clock;
  logger: Logger;
  background: Background;
  /** The body is here: open the task, then hand it the leaves that came before it. */
  onFound(task: Task, taskBytes: Uint8Array, taskId: Digest, leaves: Authentic<SignedLeaf>[]): void;
}

interface Pending {
  leaves: Authentic<SignedLeaf>[];
  asked: Set<PeerKey>;
  sinceMs: number;
}

/** R26: leaves of tasks whose body is not here yet: buffered, bounded, and the body asked for, never ignored. */
export class UnknownTasks {
  readonly #context: UnknownTaskContext;
  readonly #pending = new Map<Digest, Pending>();
  /** Ids whose body was found to be no valid task. */
  readonly #junk = new BoundedSet<Digest>(UNKNOWN_TASKS_MAX);

  constructor(context: UnknownTaskContext) {
    this.#context = context;
  }

  /** Looks for a task at the peer that mentioned it, then at others. */
  seek(taskId: Digest, from: PeerKey, leaf?: Authentic<SignedLeaf>): void {
    if (this.#junk.has(taskId)) return;
    const known = this.#pending.get(taskId);
    const pending = known ?? { leaves: [], asked: new Set(), sinceMs: this.#context.clock.nowMs() };
    if (leaf !== undefined && pending.leaves.length < UNKNOWN_LEAVES_MAX) pending.leaves.push(leaf);
    if (known !== undefined) return;
    if (this.#pending.size >= UNKNOWN_TASKS_MAX) this.#dropOldest();
    this.#pending.set(taskId, pending);
    this.#context.background('fetching a task', this.#fetch(taskId, pending, from));
  }

  /** The body came another way; returns what was buffered for it. */
  take(taskId: Digest): Authentic<SignedLeaf>[] {
    const leaves = this.#pending.get(taskId)?.leaves ?? [];
    this.#pending.delete(taskId);
    return leaves;
  }

  async #fetch(taskId: Digest, pending: Pending, first: PeerKey): Promise<void> {
    for (let peer: PeerKey | undefined = first; peer !== undefined; peer = this.#nextPeer(pending)) {
      pending.asked.add(peer);
      const taskBytes = await this.#ask(peer, taskId);
      if (this.#pending.get(taskId) !== pending) return; // found another way, or dropped
      if (taskBytes !== undefined) return this.#found(taskId, taskBytes);
    }
    this.#pending.delete(taskId); // a repeat brings the leaves again
  }

  async #ask(peer: PeerKey, taskId: Digest): Promise<Uint8Array | undefined> {
    const { network, committee, logger } = this.#context;
    try {
      const answer = await network.request(peer, { kind: 'task', taskId });
      if (answer.kind !== 'task' || answer.taskBytes === null) return undefined;
      return taskIdOf(committee.networkId, committee.epoch, answer.taskBytes) === taskId ? answer.taskBytes : undefined;
    } catch (error) {
      logger.debug({ taskId, peer, error: (error as Error).message }, 'no task from this peer');
      return undefined;
    }
  }

  #nextPeer({ asked, sinceMs }: Pending): PeerKey | undefined {
    if (this.#context.clock.nowMs() - sinceMs > UNKNOWN_TASK_MS) return undefined;
    return this.#context.network.peers().find(({ key }) => !asked.has(key))?.key;
  }

  #found(taskId: Digest, taskBytes: Uint8Array): void {
    try {
      const task = decodeTask(taskBytes);
      this.#context.onFound(task, taskBytes, taskId, this.take(taskId));
    } catch (error) {
      this.#pending.delete(taskId);
      this.#junk.add(taskId);
      this.#context.logger.debug({ taskId, error: (error as Error).message }, 'this id is of no valid task');
    }
  }

  #dropOldest(): void {
    this.#pending.delete(this.#pending.keys().next().value as Digest);
  }
}
