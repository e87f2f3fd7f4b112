import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../engine/ports.ts';
import type { Cert } from '../protocol/bundle.ts';
import { renderCore } from '../protocol/consensus-result.ts';
import type { Digest } from '../protocol/hash.ts';
import { decodeCore } from '../protocol/value.ts';
import type { HealthReport, TaskProgress } from '../rpc/api.ts';
import type { NodeEvent } from '../rpc/events.ts';
import { progressOf } from './task-views.ts';
import type { ValidatorNode } from './validator-node.ts';

/** Statements of one task that come within this time are told as one: nobody sees them faster. */
const PROGRESS_MS = 100;
/** How often the health is looked at; changes of connections are looked at when they happen. */
const HEALTH_MS = 2_000;

export type EventListener = (event: NodeEvent) => void;

/** Tells what happens at a node; see the list in rpc/events.ts. */
export class NodeEvents {
  readonly #node: ValidatorNode;
  readonly #clock: Clock;
  readonly #listeners = new Set<EventListener>();
  readonly #changed = new Set<Digest>();
  /** What was told last of each open task. */
  readonly #told = new Map<Digest, TaskProgress>();
  readonly #unwatch: () => void;
  #cancelProgress: (() => void) | undefined;
  #cancelHealth: () => void;
  #health: HealthReport | undefined;
  #stopped = false;

  constructor(node: ValidatorNode, clock: Clock) {
    this.#node = node;
    this.#clock = clock;
    this.#unwatch = node.watch({
      onOpened: (taskId, { type }) => this.#tell({ type: 'task.seen', data: { taskId, type } }),
      onProgress: (taskId) => this.#progressLater(taskId),
      onDecided: (taskId, cert) => this.#decided(taskId, cert),
      onPeer: (publicKey, connected) => this.#peer(publicKey, connected),
    });
    this.#cancelHealth = clock.setTimer(0, () => this.#watchHealth());
  }

  subscribe(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stop(): void {
    this.#stopped = true;
    this.#unwatch();
    this.#cancelHealth();
    this.#cancelProgress?.();
    this.#listeners.clear();
  }

  #tell(event: NodeEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #progressLater(taskId: Digest): void {
    this.#changed.add(taskId);
    this.#cancelProgress ??= this.#clock.setTimer(PROGRESS_MS, () => {
      this.#cancelProgress = undefined;
      for (const changed of this.#changed) this.#progress(changed);
      this.#changed.clear();
    });
  }

  #progress(taskId: Digest): void {
    const open = this.#node.engine.openTasks.get(taskId);
    if (open === undefined || open.instance.decided !== null) return;
    const progress = progressOf(open.instance);
    if (isDeepStrictEqual(this.#told.get(taskId), progress)) return;
    this.#told.set(taskId, progress);
    this.#tell({ type: 'task.progress', data: { taskId, ...progress } });
  }

  #decided(taskId: Digest, { coreBytes }: Cert): void {
    this.#told.delete(taskId);
    this.#changed.delete(taskId);
    const { outcome, reason, approved, confidence } = renderCore(decodeCore(coreBytes));
    const data = { taskId, outcome, ...(reason === undefined ? {} : { reason }), approved, confidence };
    this.#tell({ type: 'task.decided', data });
  }

  #peer(publicKey: string, connected: boolean): void {
    const index = this.#node.committee.validators.findIndex((validator) => validator.publicKey === publicKey);
    const data = { publicKey, validatorIndex: index < 0 ? null : index };
    this.#tell({ type: connected ? 'peer.connected' : 'peer.disconnected', data });
    void this.#checkHealth();
  }

  #watchHealth(): void {
    void this.#checkHealth().then(() => {
      if (!this.#stopped) this.#cancelHealth = this.#clock.setTimer(HEALTH_MS, () => this.#watchHealth());
    });
  }

  async #checkHealth(): Promise<void> {
    const health = await this.#node.health.checkHealth();
    if (this.#stopped || isDeepStrictEqual(health, this.#health)) return;
    const isFirst = this.#health === undefined;
    this.#health = health;
    if (!isFirst) this.#tell({ type: 'health.changed', data: health });
  }
}
