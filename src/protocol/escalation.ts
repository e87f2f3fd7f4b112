import { encodeTask, type Task } from './task.ts';

/** What a task asks, without what belongs to one asking: its attempt, its times, and what it escalates. */
export function questionOf(task: Task): Task {
  const { attempt: _attempt, deadline: _deadline, notAfter: _notAfter, escalates: _escalates, ...question } = task;
  return question as Task;
}

/** True if a task that escalates another asks what that one asked; anybody may name any task as the one it escalates. */
export function asksTheSame(one: Task, other: Task): boolean {
  return Buffer.compare(encodeTask(questionOf(one)), encodeTask(questionOf(other))) === 0;
}

/** Tasks that belong to a task, by its own word and by what a node noted. */
interface Links {
  escalates?: { taskId: string; reason: string; sameQuestion: boolean | null };
  escalatedBy?: readonly string[];
}

/** The links in sentences, the same in every view. */
export function linkSentences({ escalates, escalatedBy = [] }: Links): string[] {
  const doubt = escalates?.sameQuestion === false ? ', though it does not ask the same' : '';
  const forth = escalates === undefined ? [] : [`escalates task ${escalates.taskId}${doubt}: ${escalates.reason}`];
  return [...forth, ...escalatedBy.map((taskId) => `was asked again by task ${taskId}`)];
}
