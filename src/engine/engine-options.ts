import type { Authenticator } from '../protocol/authenticator.ts';
import type { Cert } from '../protocol/bundle.ts';
import type { Committee } from '../protocol/committee.ts';
import type { Signer } from '../protocol/ed25519.ts';
import type { Digest } from '../protocol/hash.ts';
import type { Task } from '../protocol/task.ts';
import type { CatchUpScope } from './catch-up.ts';
import type { Clock, Judge, Logger, Network, Random, SideStore, Store, TimelineEntry } from './ports.ts';
import type { TaskLimits } from './task-quota.ts';

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
  /** TASK_LIMITS unless given. */
  limits?: Partial<TaskLimits>;
  /** Where what catch-up finds goes: to this engine unless given; null for one that leaves catch-up to another. */
  catchUp?: CatchUpScope | null;
  /** Whether tasks may be opened that are not open already; always unless given. */
  opensTasks?(): boolean;
}

export interface EngineDependencies {
  store: Store;
  /** Where timelines and late signatures are kept; without it they live in memory. */
  side?: SideStore;
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
  /** Something happened to a task; told as it happens, durable or not. */
  onTimeline?(taskId: Digest, entry: TimelineEntry): void;
  /** What gathered went out. */
  onTick?(tick: TickSummary): void;
}

/** What one tick wrote and said. */
export interface TickSummary {
  /** How long its synced write took, failed tries included; null if there was nothing to write. */
  writeMs: number | null;
  /** New statements under each signature that was made; repeats are left out. */
  batchSizes: readonly number[];
}
