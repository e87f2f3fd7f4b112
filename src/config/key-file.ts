import { z } from 'zod';
import { fromHex, toHex } from '../protocol/bytes.ts';
import { createSigner } from '../protocol/ed25519.ts';
import { ValidationError } from '../protocol/errors.ts';
import { assertPrivate, parseJsonFile, readSmallFile, writeFileAtomic } from './files.ts';
import { keyOfSealed, openSeed, type Sealed, type SealingKey, sealedSchema, sealSeed } from './key-cipher.ts';

/** The form of a key file whose seed stands in the clear. */
export const KEY_FORMAT = 'pheme-key/1';
/** The form of one whose seed is sealed with a passphrase. */
const SEALED_FORMAT = 'pheme-sealed-key/1';
const BINDING_FORMAT = 'pheme-key-binding/1';

/** Gives the passphrase of a key; asked only where a key is sealed. What it gives is overwritten after use. */
export type PassphraseSource = (keyPath: string) => Promise<Uint8Array>;

/** What a key file shows without its passphrase. */
export interface KeyFacts {
  /** Ed25519 public key, hex. */
  publicKey: string;
  /** The storeId of the data directory that it signs for, or null before the first start. */
  dataId: string | null;
  /** The file that keeps `dataId`. */
  path: string;
  /** True if the seed is sealed. */
  encrypted: boolean;
}

const hex32 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');
const dataId = z.string().min(1).max(128).nullable();
const plainSchema = z.strictObject({ format: z.literal(KEY_FORMAT), publicKey: hex32, seed: hex32, dataId });
const sealedFileSchema = z.strictObject({
  format: z.literal(SEALED_FORMAT),
  publicKey: hex32,
  dataId,
  sealed: sealedSchema,
});
const bindingSchema = z.strictObject({ format: z.literal(BINDING_FORMAT), publicKey: hex32, dataId });

export type KeyFile = z.output<typeof plainSchema> | z.output<typeof sealedFileSchema>;

/** @throws ValidationError NO_KEY, KEY_FILE_MODE, INVALID_KEY */
export async function readKeyFile(path: string): Promise<KeyFile> {
  const text = await readSmallFile(path);
  if (text === undefined) {
    throw new ValidationError(`there is no key at ${path}: run pheme init, or set VALIDATOR_KEY`, 'NO_KEY', { path });
  }
  await assertPrivate(path, 'KEY_FILE_MODE');
  const value = parseJsonFile(text, path, 'INVALID_KEY');
  const isSealed = (value as { format?: unknown } | null)?.format === SEALED_FORMAT;
  return parse<KeyFile>(isSealed ? sealedFileSchema : plainSchema, value, path);
}

function parse<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidKey(path, describe(parsed.error));
}

/** Says where the form is broken, never what stands there. */
function describe(error: z.ZodError): string {
  return error.issues
    .map((issue) => (issue.path.length === 0 ? issue.message : `${issue.path.join('.')} ${issue.message}`))
    .join('; ');
}

export function invalidKey(path: string, message: string): ValidationError {
  return new ValidationError(`${path}: ${message}`, 'INVALID_KEY', { path });
}

/** The seed of a key file, and the key that sealed it, if any. */
export interface OpenedSeed {
  seed: Uint8Array;
  sealing?: SealingKey;
}

/** @throws ValidationError INVALID_KEY, PASSPHRASE_MISSING, WRONG_PASSPHRASE */
export async function openKeyFile(file: KeyFile, path: string, source?: PassphraseSource): Promise<OpenedSeed> {
  const opened = 'seed' in file ? { seed: fromHex(file.seed, 32) } : await unseal(file, path, source);
  if (publicKeyOf(opened.seed) === file.publicKey) return opened;
  throw invalidKey(path, 'publicKey does not belong to its seed: restore the file from a backup');
}

async function unseal(
  file: KeyFile & { sealed: Sealed },
  path: string,
  source: PassphraseSource | undefined,
): Promise<OpenedSeed> {
  if (source === undefined) throw passphraseMissing(path);
  const passphrase = await source(path);
  const sealing = await keyOfSealed(file.sealed, passphrase).finally(() => passphrase.fill(0));
  const seed = openSeed(file.sealed, sealing, boundBytes(file));
  if (seed !== undefined) return { seed, sealing };
  sealing.secret.fill(0);
  const remedy = 'give the right one; if it is right, the file was changed: restore it from a backup';
  throw new ValidationError(`the passphrase does not open ${path}: ${remedy}`, 'WRONG_PASSPHRASE', { path });
}

export function passphraseMissing(path: string): ValidationError {
  const remedy = 'give its passphrase with --passphrase-file, PHEME_PASSPHRASE_FILE or PHEME_PASSPHRASE';
  return new ValidationError(
    `the key ${path} is encrypted, and there is no terminal to ask at: ${remedy}`,
    'PASSPHRASE_MISSING',
    { path },
  );
}

/** What stands in the clear beside a sealed seed; changed, the seed does not open any more. */
function boundBytes({ publicKey, dataId: data }: Pick<KeyFile, 'publicKey' | 'dataId'>): Uint8Array {
  return Buffer.from(JSON.stringify([SEALED_FORMAT, publicKey, data]));
}

/** A key as it is written; with `sealing` its seed is sealed. */
export interface KeyToWrite {
  publicKey: string;
  seed: Uint8Array;
  dataId: string | null;
  sealing?: SealingKey | undefined;
}

/** Writes a key file, mode 0600, whole or not at all. */
export async function writeKey(path: string, { publicKey, seed, dataId: data, sealing }: KeyToWrite): Promise<void> {
  const shown = { publicKey, dataId: data };
  await writeJson(
    path,
    sealing === undefined
      ? { format: KEY_FORMAT, publicKey, seed: toHex(seed), dataId: data }
      : { format: SEALED_FORMAT, ...shown, sealed: sealSeed(seed, sealing, boundBytes(shown)) },
  );
}

/** The data directory that a seed without a key file signs for; null where none is noted. */
export async function readBinding(path: string, publicKey: string): Promise<string | null> {
  const text = await readSmallFile(path);
  if (text === undefined) return null;
  const binding = parse(bindingSchema, parseJsonFile(text, path, 'INVALID_KEY'), path);
  if (binding.publicKey === publicKey) return binding.dataId;
  throw invalidKey(path, 'belongs to another key than VALIDATOR_KEY: use another home for it');
}

export async function writeBinding(path: string, publicKey: string, data: string): Promise<void> {
  await writeJson(path, { format: BINDING_FORMAT, publicKey, dataId: data });
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`, 0o600);
}

/** Hex. */
export function publicKeyOf(seed: Uint8Array): string {
  return toHex(createSigner(seed).publicKey);
}
