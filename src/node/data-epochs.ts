import { z } from 'zod';
import type { Notes } from '../engine/ports.ts';
import type { Committee } from '../protocol/committee.ts';
import { ValidationError } from '../protocol/errors.ts';
import { EPOCHS_MAX } from '../protocol/limits.ts';

/** How long a node takes tasks of the epoch before, after it went on: a day, in which the others are restarted too. */
export const FORMER_EPOCH_MS = 24 * 60 * 60 * 1000;

const epochNote = z.strictObject({ configDigest: z.string(), sinceMs: z.number() });

/**
 * Notes in the database under which epochs its key has voted. An epoch that was exchanged for another of the same number,
 * or taken away again, would mix what was signed in one with the other.
 * @param committees of all epochs, the genesis's first
 * @returns since when this database knows the newest, milliseconds since 1970; 0 for the genesis's own
 * @throws ValidationError OTHER_EPOCH
 */
export async function bindDataToEpochs(
  notes: Notes,
  committees: readonly Committee[],
  { folder, nowMs }: { folder: string; nowMs: number },
): Promise<number> {
  let newestSinceMs = 0;
  for (const { epoch, configDigest } of committees.slice(1)) {
    const bound = await boundEpoch(notes, epoch);
    if (bound === undefined) await notes.set(noteName(epoch), JSON.stringify({ configDigest, sinceMs: nowMs }));
    else if (bound.configDigest !== configDigest) refuse(epoch, folder, 'of another change');
    newestSinceMs = bound?.sinceMs ?? nowMs;
  }
  const next = committees.length;
  if (next <= EPOCHS_MAX && (await boundEpoch(notes, next)) !== undefined) refuse(next, folder, 'missing');
  return newestSinceMs;
}

function noteName(epoch: number): string {
  return `epoch/${epoch}`;
}

async function boundEpoch(notes: Notes, epoch: number): Promise<z.infer<typeof epochNote> | undefined> {
  const text = await notes.get(noteName(epoch));
  return text === undefined ? undefined : epochNote.parse(JSON.parse(text));
}

function refuse(epoch: number, folder: string, what: string): never {
  const message = `the database has run under epoch ${epoch}, and its change in ${folder} is ${what}: put back the file that was there`;
  throw new ValidationError(message, 'OTHER_EPOCH', { path: folder });
}
