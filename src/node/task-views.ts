import { collected } from '../consensus/collection.ts';
import type { Instance } from '../consensus/state.ts';
import type { TaskPhase } from '../protocol/explanation.ts';
import type { Digest } from '../protocol/hash.ts';
import { decodeTask } from '../protocol/task.ts';
import type { OpenTaskPage, OpenTaskQuery, TaskProgress, TaskView } from '../rpc/api.ts';
import type { ValidatorNode } from './validator-node.ts';

/** What a node knows of a task, or null. */
export async function taskOf(node: ValidatorNode, taskId: Digest): Promise<TaskView | null> {
  const open = node.engine.openTasks.get(taskId);
  if (open !== undefined && open.instance.decided === null) {
    const { task, firstSeenMs, instance } = open;
    return { taskId, state: 'open', task, firstSeenAt: isoTime(firstSeenMs), progress: progressOf(instance) };
  }
  if (!(await node.engine.isDecided(taskId))) return null;
  const stored = await node.store.task(taskId);
  const task = stored === undefined ? null : decodeTask(stored.taskBytes);
  const firstSeenAt = stored === undefined ? null : isoTime(stored.firstSeenMs);
  const pruned = await node.store.pruned(taskId);
  return {
    taskId,
    state: 'decided',
    task,
    firstSeenAt,
    ...(pruned?.bodyAtMs == null ? {} : { prunedAt: isoTime(pruned.bodyAtMs) }),
    ...(pruned?.reportsAtMs == null ? {} : { reportsPrunedAt: isoTime(pruned.reportsAtMs) }),
  };
}

/** How far an undecided task is; indexes ascend. */
export function progressOf(instance: Instance): TaskProgress {
  const ascending = (indexes: Iterable<number>) => [...indexes].sort((a, b) => a - b);
  return {
    phase: phaseOf(instance),
    committed: ascending(instance.commits.keys()),
    closed: ascending(instance.closes.keys()),
    revealed: collected(instance).reveals.map(({ index }) => index),
    round: instance.round >= 0 ? instance.round : null,
  };
}

export function phaseOf({ round, closedWeight, committee }: Instance): TaskPhase {
  if (round >= 0) return 'voting';
  return closedWeight >= committee.quorum ? 'revealing' : 'collecting';
}

/** One page of the undecided tasks, longest open first. A cursor stays good when its task is decided meanwhile. */
export function listOpenTasks(node: ValidatorNode, { cursor, limit }: OpenTaskQuery): OpenTaskPage {
  const open = [...node.engine.openTasks.values()]
    .map((task) => ({ task, place: placeOf(task.firstSeenMs, task.taskId) }))
    .sort((a, b) => (a.place < b.place ? -1 : 1));
  const after = cursor === undefined ? '' : placeOf(Number(cursor.slice(0, cursor.indexOf('-'))), cursor.slice(-64));
  const rest = open.filter(({ place }) => place > after);
  const page = rest.slice(0, limit);
  const last = page.at(-1)?.task;
  return {
    tasks: page.map(({ task: { taskId, task, firstSeenMs, instance } }) => {
      const { phase, round } = progressOf(instance);
      return { taskId, type: task.type, phase, round, firstSeenAt: isoTime(firstSeenMs) };
    }),
    next: rest.length > page.length && last !== undefined ? `${last.firstSeenMs}-${last.taskId}` : null,
    total: open.length,
  };
}

const MS_DIGITS = 16;

/** Sorts as text by time, then by id. */
function placeOf(firstSeenMs: number, taskId: Digest): string {
  return `${String(firstSeenMs).padStart(MS_DIGITS, '0')}-${taskId}`;
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
