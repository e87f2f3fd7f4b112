import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { z } from 'zod';
import { fromHex, toHex } from '../protocol/bytes.ts';
import { createSigner } from '../protocol/ed25519.ts';
import { ValidationError } from '../protocol/errors.ts';
import { assertPrivate, parseJsonFile, readSmallFile, writeFileAtomic } from './files.ts';
import { homePaths } from './home-paths.ts';

/** The form of the key file. */
export const KEY_FORMAT = 'pheme-key/1';
const BINDING_FORMAT = 'pheme-key-binding/1';

/** A validator's signing key, which is its peer identity too. The seed never leaves this object for a log or a result. */
export interface ValidatorKey {
  /** Ed25519 public key, hex. */
  publicKey: string;
  /** The 32 secret bytes. */
  seed: Uint8Array;
  /** The storeId of the data directory that this key signs for, or null before the first start. */
  dataId: string | null;
  /** The file that keeps `dataId`. */
  path: string;
}

const hex32 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');
const dataId = z.string().min(1).max(128).nullable();
const keySchema = z.strictObject({ format: z.literal(KEY_FORMAT), publicKey: hex32, seed: hex32, dataId });
const bindingSchema = z.strictObject({ format: z.literal(BINDING_FORMAT), publicKey: hex32, dataId });

/** Draws a new key; nothing is written. */
export function generateKey(): { publicKey: string; seed: Uint8Array } {
  const seed = randomBytes(32);
  return { publicKey: publicKeyOf(seed), seed };
}

function publicKeyOf(seed: Uint8Array): string {
  return toHex(createSigner(seed).publicKey);
}

/** The libp2p peer id of a key, e.g. `12D3KooW...`. */
export async function peerIdOf(seed: Uint8Array): Promise<string> {
  return peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', seed)).toString();
}

/** Writes a key file, mode 0600, whole or not at all. */
export async function writeKey(
  path: string,
  key: { publicKey: string; seed: Uint8Array; dataId: string | null },
): Promise<void> {
  const { publicKey, seed } = key;
  await writeJson(path, { format: KEY_FORMAT, publicKey, seed: toHex(seed), dataId: key.dataId });
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`, 0o600);
}

/**
 * Loads the signing key: VALIDATOR_KEY (the seed, or a key file's path, relative to the home) if given, else the home's key.json.
 * @throws ValidationError NO_KEY, KEY_FILE_MODE, INVALID_KEY
 */
export async function loadKey({ home, validatorKey }: { home: string; validatorKey?: string }): Promise<ValidatorKey> {
  const paths = homePaths(home);
  if (validatorKey === undefined) return loadKeyFile(paths.key);
  if (/^[0-9a-f]{64}$/i.test(validatorKey)) return seedKey(fromHex(validatorKey.toLowerCase(), 32), paths.keyBinding);
  if (!/^[0-9a-f]{32,}$/i.test(validatorKey)) return loadKeyFile(resolve(home, validatorKey));
  throw invalidKey(
    'VALIDATOR_KEY',
    `has ${validatorKey.length} hex digits: give the 64 of the seed, or the path of a key file`,
  );
}

async function loadKeyFile(path: string): Promise<ValidatorKey> {
  const text = await readSmallFile(path);
  if (text === undefined) {
    throw new ValidationError(`there is no key at ${path}: run pheme init, or set VALIDATOR_KEY`, 'NO_KEY', { path });
  }
  await assertPrivate(path, 'KEY_FILE_MODE');
  const parsed = keySchema.safeParse(parseJsonFile(text, path, 'INVALID_KEY'));
  if (!parsed.success) throw invalidKey(path, describe(parsed.error));
  const seed = fromHex(parsed.data.seed, 32);
  const publicKey = publicKeyOf(seed);
  if (publicKey !== parsed.data.publicKey)
    throw invalidKey(path, 'publicKey does not belong to its seed: restore the file from a backup');
  return { publicKey, seed, dataId: parsed.data.dataId, path };
}

/** A seed from the environment keeps the name of its data directory beside it, in a file of the home. */
async function seedKey(seed: Uint8Array, path: string): Promise<ValidatorKey> {
  const publicKey = publicKeyOf(seed);
  const text = await readSmallFile(path);
  if (text === undefined) return { publicKey, seed, dataId: null, path };
  const parsed = bindingSchema.safeParse(parseJsonFile(text, path, 'INVALID_KEY'));
  if (!parsed.success) throw invalidKey(path, describe(parsed.error));
  if (parsed.data.publicKey !== publicKey)
    throw invalidKey(path, 'belongs to another key than VALIDATOR_KEY: use another home for it');
  return { publicKey, seed, dataId: parsed.data.dataId, path };
}

function invalidKey(path: string, message: string): ValidationError {
  return new ValidationError(`${path}: ${message}`, 'INVALID_KEY', { path });
}

/** Says where the form is broken, never what stands there. */
function describe(error: z.ZodError): string {
  return error.issues
    .map((issue) => (issue.path.length === 0 ? issue.message : `${issue.path.join('.')} ${issue.message}`))
    .join('; ');
}

/**
 * Notes durably which data directory a key signs for.
 * `first`: it had none and has this one now. `same`: it is this one. `other`: the key has signed for another directory,
 * and nothing was changed: what it signed is not in this journal.
 */
export async function bindKeyToData(key: ValidatorKey, dataId: string): Promise<'first' | 'same' | 'other'> {
  if (key.dataId !== null) return key.dataId === dataId ? 'same' : 'other';
  await rebindKeyToData(key, dataId);
  return 'first';
}

/** Binds a key to another data directory, once nothing that it signed for the old one can matter any more. */
export async function rebindKeyToData(key: ValidatorKey, dataId: string): Promise<void> {
  const { publicKey, seed, path } = key;
  const isBinding = path.endsWith('key-binding.json');
  await (isBinding
    ? writeJson(path, { format: BINDING_FORMAT, publicKey, dataId })
    : writeKey(path, { publicKey, seed, dataId }));
  key.dataId = dataId;
}
