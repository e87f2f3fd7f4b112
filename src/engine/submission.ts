import type { Committee } from '../protocol/committee.ts';
import type { Signer } from '../protocol/ed25519.ts';
import { ValidationError } from '../protocol/errors.ts';
import { type Announcement, announcementBytes } from '../protocol/frame.ts';
import type { Digest } from '../protocol/hash.ts';
import { TASK_INLINE_BYTES_MAX } from '../protocol/limits.ts';
import type { Task } from '../protocol/task.ts';

/** @throws ValidationError DEADLINE_PASSED */
export function assertInTime({ deadline }: Task, nowMs: number): void {
  if (deadline === undefined || deadline * 1000 > nowMs) return;
  const path = { path: 'deadline' };
  throw new ValidationError('deadline: has passed; give a later one or none', 'DEADLINE_PASSED', path);
}

/** A task's existence, signed by the validator that takes it in, with its body where that is short. */
export function announcementOf(
  committee: Committee,
  { index, signer }: { index: number; signer: Signer },
  taskId: Digest,
  taskBytes: Uint8Array,
): Announcement {
  const signed = { taskId, size: taskBytes.length, origin: index };
  const signature = signer.sign(announcementBytes(committee.networkId, signed));
  return { ...signed, signature, body: inlineBody(taskBytes) };
}

/** What an announcement holds of a task's body: all of it where that is short. */
export function inlineBody(taskBytes: Uint8Array): Uint8Array | null {
  return taskBytes.length <= TASK_INLINE_BYTES_MAX ? taskBytes : null;
}
