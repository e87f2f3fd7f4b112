import type { EngineEvents, TickSummary } from '../engine/engine-options.ts';
import type { Epochs } from '../engine/epochs.ts';
import type { NetworkHandlers, PeerKey, TimelineEntry } from '../engine/ports.ts';
import type { Cert } from '../protocol/bundle.ts';
import type { Committee } from '../protocol/committee.ts';
import type { Digest } from '../protocol/hash.ts';
import type { Judgement } from '../protocol/judgement.ts';
import type { Task } from '../protocol/task.ts';

export type DecisionListener = (taskId: Digest) => void;

/** Who wants to know what happens at a node. None of these may throw. */
export interface NodeWatcher {
  /** A task was taken in; it is durable. */
  onOpened?(taskId: Digest, task: Task): void;
  /** Something happened to a task, durable or not. */
  onProgress?(taskId: Digest, entry: TimelineEntry, committee: Committee): void;
  /** A decision is durable; positions in it are those of this committee. */
  onDecided?(taskId: Digest, cert: Cert, committee: Committee): void;
  onPeer?(peer: PeerKey, connected: boolean): void;
  /** A task was judged here, whatever came out. */
  onJudged?(judgement: Judgement, elapsedMs: number): void;
  /** What gathered was written and sent. */
  onTick?(tick: TickSummary): void;
}

/** What one epoch's engine tells, told on. */
export function eventsFor(
  committee: Committee,
  watchers: ReadonlySet<NodeWatcher>,
  listeners: ReadonlySet<DecisionListener>,
): EngineEvents {
  return {
    onOpened: (taskId, task) => {
      for (const watcher of watchers) watcher.onOpened?.(taskId, task);
    },
    onTimeline: (taskId, entry) => {
      for (const watcher of watchers) watcher.onProgress?.(taskId, entry, committee);
    },
    onDecided: (taskId, cert) => {
      for (const listener of listeners) listener(taskId);
      for (const watcher of watchers) watcher.onDecided?.(taskId, cert, committee);
    },
    onTick: (tick) => {
      for (const watcher of watchers) watcher.onTick?.(tick);
    },
  };
}

/** The engine as the network knows it, telling the watchers of peers too. */
export function watchedHandlers(engine: Epochs, watchers: ReadonlySet<NodeWatcher>): NetworkHandlers {
  return {
    onFrame: (frame, from) => engine.onFrame(frame, from),
    onRequest: (request, from) => engine.onRequest(request, from),
    onPeer: (peer, connected) => {
      engine.onPeer(peer, connected);
      for (const watcher of watchers) watcher.onPeer?.(peer, connected);
    },
  };
}
