import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Committee } from '../protocol/committee.ts';
import { committeesOf, type EpochChange, epochChangeToJson, parseEpochChange } from '../protocol/epoch-change.ts';
import { ValidationError } from '../protocol/errors.ts';
import type { Genesis } from '../protocol/genesis.ts';
import { EPOCHS_MAX } from '../protocol/limits.ts';
import { parseJsonFile, readSmallFile, writeFileAtomic, writeNewFile } from './files.ts';
import { homePaths } from './home-paths.ts';

/** The file of one change in a home: `epochs/001.json`, `epochs/002.json`, ... */
export function epochPath(home: string, epoch: number): string {
  return join(homePaths(home).epochs, `${numbered(epoch)}.json`);
}

function numbered(epoch: number): string {
  return String(epoch).padStart(3, '0');
}

/** The text of a change's file. */
export function epochText(change: EpochChange): string {
  return textOf(epochChangeToJson(change));
}

function textOf(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

const REMEDY = 'copy the file anew from an operator whose node runs under this epoch';

/**
 * The changes that a home holds, from epoch 1; each is signed by a quorum of the epoch before.
 * @throws ValidationError INVALID_EPOCH, EPOCH_UNSIGNED, INVALID_GENESIS, with the file
 */
export async function loadEpochs(home: string, genesis: Genesis): Promise<EpochChange[]> {
  const changes: EpochChange[] = [];
  for (let epoch = 1; epoch <= EPOCHS_MAX; epoch++) {
    const path = epochPath(home, epoch);
    const text = await readSmallFile(path);
    if (text === undefined) break;
    try {
      changes.push(parseEpochChange(parseJsonFile(text, path, 'INVALID_EPOCH')));
      committeesOf(genesis, changes);
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error;
      throw new ValidationError(`${path}: ${error.message}; ${REMEDY}`, error.code, { path }, error);
    }
  }
  await assertNoGap(home, changes.length);
  return changes;
}

/** A change behind a missing one would be ignored, and the node would run under the wrong validators. */
async function assertNoGap(home: string, loaded: number): Promise<void> {
  const names = await readdir(homePaths(home).epochs).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const beyond = names.filter((name) => /^\d{3}\.json$/.test(name) && name > `${numbered(loaded)}.json`).sort();
  if (beyond[0] === undefined) return;
  const path = epochPath(home, loaded + 1);
  const message = `${path} is missing, though ${beyond[0]} is there: ${REMEDY}`;
  throw new ValidationError(message, 'INVALID_EPOCH', { path });
}

/**
 * Puts a change into a home, where the node's next start finds it.
 * @returns false if the very same change is there; who signed it may differ
 * @throws ValidationError EPOCH_EXISTS for another change of the same number; INVALID_EPOCH, EPOCH_UNSIGNED
 */
export async function installEpoch(home: string, genesis: Genesis, change: EpochChange): Promise<boolean> {
  const held = await loadEpochs(home, genesis);
  const rival = held[change.epoch - 1];
  const before = rival === undefined ? held : held.slice(0, change.epoch - 1);
  const { configDigest } = committeesOf(genesis, [...before, change]).at(-1)!;
  if (rival !== undefined) {
    const path = epochPath(home, change.epoch);
    if (committeesOf(genesis, held)[change.epoch]!.configDigest === configDigest) return false;
    const message = `${path} is another change to epoch ${change.epoch}: a network has one of each number, agree with its operators on which`;
    throw new ValidationError(message, 'EPOCH_EXISTS', { path });
  }
  await mkdir(homePaths(home).epochs, { recursive: true, mode: 0o700 });
  await writeFileAtomic(epochPath(home, change.epoch), epochText(change));
  return true;
}

const SIGNED_FORMAT = 'pheme-signed-epoch/1';
const hex32 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');
const signedSchema = z.strictObject({
  format: z.literal(SIGNED_FORMAT),
  epoch: z.int().min(1).max(EPOCHS_MAX),
  digest: hex32,
  publicKey: hex32,
});

type SignedNote = z.infer<typeof signedSchema>;

/**
 * Notes durably which change of a number a key signs, before it does: a validator signs one of each number, or two
 * changes could both have a quorum.
 * @param next the committee that the change makes
 * @throws ValidationError EPOCH_SIGNED if the note names another change or another key; INVALID_EPOCH if it is damaged
 */
export async function noteSigned(home: string, publicKey: string, next: Committee): Promise<void> {
  const folder = homePaths(home).epochs;
  const path = join(folder, `signed-${numbered(next.epoch)}.json`);
  const note: SignedNote = { format: SIGNED_FORMAT, epoch: next.epoch, digest: next.configDigest, publicKey };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    await writeNewFile(path, textOf(note));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    assertSame(await readSigned(path), note, path);
  }
}

async function readSigned(path: string): Promise<SignedNote> {
  const parsed = signedSchema.safeParse(parseJsonFile((await readSmallFile(path)) ?? '', path, 'INVALID_EPOCH'));
  if (parsed.success) return parsed.data;
  const remedy = 'restore it from a backup; without it this key could sign a second change of the same number';
  throw new ValidationError(`${path} is damaged: ${remedy}`, 'INVALID_EPOCH', { path });
}

function assertSame(held: SignedNote, { epoch, digest, publicKey }: SignedNote, path: string): void {
  if (held.publicKey !== publicKey) {
    const message = `${path} notes what key ${held.publicKey} signed: use another home for the key ${publicKey}`;
    throw new ValidationError(message, 'EPOCH_SIGNED', { path });
  }
  if (held.epoch === epoch && held.digest === digest) return;
  const remedy =
    'a validator signs one change of each number, so sign that one, or agree on it with the other operators';
  const message = `this key has signed another change to epoch ${epoch} (to ${held.digest.slice(0, 16)}, this one is to ${digest.slice(0, 16)}): ${remedy}`;
  throw new ValidationError(message, 'EPOCH_SIGNED', { path });
}
