import { ValidationError } from '../protocol/errors.ts';
import type { Digest } from '../protocol/hash.ts';
import { OPEN_BYTES_MAX, OPEN_RETRY_SECONDS, OPEN_TASKS_MAX, UNANNOUNCED_TASKS_MAX } from './limits.ts';

/** What a node bears of undecided tasks. */
export interface TaskLimits {
  /** Milliseconds after which an undecided task is given up, counted from first sight or from its deadline. */
  taskTtlMs: number;
  /** Undecided tasks that one validator announced; the own ones too. */
  openTasksPerOrigin: number;
  /** Canonical bytes of such tasks. */
  openBytesPerOrigin: number;
}

interface Share {
  tasks: number;
  bytes: number;
}

/** One validator's tasks, or those that were met by statements before their announcement came. */
type Owner = number | 'unannounced';

/**
 * Who fills this node with undecided tasks, and how far. An origin is known by its signed announcement; nobody is
 * charged for tasks that others only spoke of, so that none can be framed.
 */
export class TaskQuota {
  readonly #limits: TaskLimits;
  readonly #shares = new Map<Owner, Share>();
  readonly #held = new Map<Digest, { owner: Owner; bytes: number }>();
  #bytes = 0;

  constructor(limits: TaskLimits) {
    this.#limits = limits;
  }

  /** Why there is no room, in words for a client; undefined if there is. */
  refusal(announcedBy: number | undefined, bytes: number): string | undefined {
    const owner = announcedBy ?? 'unannounced';
    const share = this.#shares.get(owner) ?? { tasks: 0, bytes: 0 };
    const tasksMax = owner === 'unannounced' ? UNANNOUNCED_TASKS_MAX : this.#limits.openTasksPerOrigin;
    if (this.#held.size >= OPEN_TASKS_MAX) return `${OPEN_TASKS_MAX} tasks are undecided here`;
    if (this.#bytes + bytes > OPEN_BYTES_MAX) return `the undecided tasks here have ${this.#bytes} bytes`;
    if (share.tasks >= tasksMax) return `${share.tasks} tasks of one origin are undecided here`;
    if (share.bytes + bytes > this.#limits.openBytesPerOrigin)
      return `the undecided tasks of one origin have ${share.bytes} bytes`;
    return undefined;
  }

  opened(taskId: Digest, announcedBy: number | undefined, bytes: number): void {
    const owner = announcedBy ?? 'unannounced';
    const share = this.#shares.get(owner) ?? { tasks: 0, bytes: 0 };
    this.#shares.set(owner, { tasks: share.tasks + 1, bytes: share.bytes + bytes });
    this.#held.set(taskId, { owner, bytes });
    this.#bytes += bytes;
  }

  closed(taskId: Digest): void {
    const held = this.#held.get(taskId);
    if (held === undefined) return;
    const { owner, bytes } = held;
    const share = this.#shares.get(owner)!;
    this.#shares.set(owner, { tasks: share.tasks - 1, bytes: share.bytes - bytes });
    this.#held.delete(taskId);
    this.#bytes -= bytes;
  }
}

/** What a client is told that found no room. */
export function tooManyTasks(why: string): ValidationError {
  const details = { retryAfterSeconds: OPEN_RETRY_SECONDS };
  return new ValidationError(`${why}: try again in ${OPEN_RETRY_SECONDS} seconds`, 'TOO_MANY_TASKS', details);
}
