import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { fromHex } from '../protocol/bytes.ts';
import { ValidationError } from '../protocol/errors.ts';
import { homePaths } from './home-paths.ts';
import { type ScryptCost, sealingKey } from './key-cipher.ts';
import {
  invalidKey,
  type KeyFacts,
  openKeyFile,
  type PassphraseSource,
  publicKeyOf,
  readBinding,
  readKeyFile,
  writeBinding,
  writeKey,
} from './key-file.ts';

/** A validator's signing key, which is its peer identity too. The seed never leaves this object for a log or a result. */
export interface ValidatorKey extends KeyFacts {
  /** The 32 secret bytes. */
  seed: Uint8Array;
  /** Writes its file anew for a data directory, sealed as it was. */
  save(dataId: string): Promise<void>;
}

/** Which key a home signs with. */
export interface KeyPlace {
  home: string;
  /** VALIDATOR_KEY: the seed, or a key file's path, relative to the home. */
  validatorKey?: string | undefined;
}

/** Draws a new key; nothing is written. */
export function generateKey(): { publicKey: string; seed: Uint8Array } {
  const seed = randomBytes(32);
  return { publicKey: publicKeyOf(seed), seed };
}

/** The libp2p peer id of a public key (hex), e.g. `12D3KooW...`. */
export async function peerIdOf(publicKey: string): Promise<string> {
  // Loaded here: most commands of the CLI need no peer id, and these packages would make each of them slower.
  const [{ publicKeyFromRaw }, { peerIdFromPublicKey }] = await Promise.all([
    import('@libp2p/crypto/keys'),
    import('@libp2p/peer-id'),
  ]);
  return peerIdFromPublicKey(publicKeyFromRaw(fromHex(publicKey, 32))).toString();
}

/**
 * Loads the signing key: VALIDATOR_KEY (the seed, or a key file's path, relative to the home) if given, else the home's key.json.
 * @param passphrase asked for the passphrase of a sealed key
 * @throws ValidationError NO_KEY, KEY_FILE_MODE, INVALID_KEY, PASSPHRASE_MISSING, WRONG_PASSPHRASE
 */
export async function loadKey(place: KeyPlace, passphrase?: PassphraseSource): Promise<ValidatorKey> {
  const { path, seed } = placeOf(place);
  return seed === undefined ? loadKeyFile(path, passphrase) : seedKey(seed, path);
}

/** What the key shows without its passphrase. @throws ValidationError NO_KEY, KEY_FILE_MODE, INVALID_KEY */
export async function describeKey(place: KeyPlace): Promise<KeyFacts> {
  const { path, seed } = placeOf(place);
  if (seed !== undefined) return factsOf(await seedKey(seed, path));
  const file = await readKeyFile(path);
  if ('seed' in file) return factsOf(await loadKeyFile(path, undefined));
  return { publicKey: file.publicKey, dataId: file.dataId, path, encrypted: true };
}

function factsOf({ publicKey, dataId, path, encrypted }: ValidatorKey): KeyFacts {
  return { publicKey, dataId, path, encrypted };
}

function placeOf({ home, validatorKey }: KeyPlace): { path: string; seed?: Uint8Array } {
  const paths = homePaths(home);
  if (validatorKey === undefined) return { path: paths.key };
  if (/^[0-9a-f]{64}$/i.test(validatorKey))
    return { path: paths.keyBinding, seed: fromHex(validatorKey.toLowerCase(), 32) };
  if (!/^[0-9a-f]{32,}$/i.test(validatorKey)) return { path: resolve(home, validatorKey) };
  throw invalidKey(
    'VALIDATOR_KEY',
    `has ${validatorKey.length} hex digits: give the 64 of the seed, or the path of a key file`,
  );
}

async function loadKeyFile(path: string, passphrase: PassphraseSource | undefined): Promise<ValidatorKey> {
  const file = await readKeyFile(path);
  const { publicKey, dataId } = file;
  const { seed, sealing } = await openKeyFile(file, path, passphrase);
  return {
    publicKey,
    seed,
    dataId,
    path,
    encrypted: sealing !== undefined,
    save: async (data) => {
      if (!isDeepStrictEqual(await readKeyFile(path), file)) throw changedSince(path);
      await writeKey(path, { publicKey, seed, dataId: data, sealing });
    },
  };
}

/** What was sealed meanwhile must not be written over in the clear. */
function changedSince(path: string): ValidationError {
  const message = `${path} was changed since the node read it: restart the node`;
  return new ValidationError(message, 'KEY_CHANGED', { path });
}

/** A seed from the environment keeps the name of its data directory beside it, in a file of the home. */
async function seedKey(seed: Uint8Array, path: string): Promise<ValidatorKey> {
  const publicKey = publicKeyOf(seed);
  const dataId = await readBinding(path, publicKey);
  const save = (data: string) => writeBinding(path, publicKey, data);
  return { publicKey, seed, dataId, path, encrypted: false, save };
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
  await key.save(dataId);
  key.dataId = dataId;
}

export interface Resealing extends KeyPlace {
  /** Asked for the present passphrase, where the key has one. */
  old?: PassphraseSource;
  /** Asked for the new one. */
  next: PassphraseSource;
  cost?: ScryptCost;
}

/**
 * Seals the key file with a new passphrase, whether it was sealed before or not. The file is replaced in one step, after
 * the new form was written and synced: at no moment is the key only in memory.
 * @throws ValidationError as loadKey, and NO_KEY_FILE where VALIDATOR_KEY is the seed itself
 */
export async function resealKey({ old, next, cost, ...place }: Resealing): Promise<KeyFacts> {
  if (placeOf(place).seed !== undefined)
    throw new ValidationError(
      'VALIDATOR_KEY holds the seed itself: there is no key file to encrypt; put the key into one (pheme keys generate shows its form)',
      'NO_KEY_FILE',
    );
  const { publicKey, seed, dataId, path } = await loadKey(place, old);
  const passphrase = await next(path);
  const sealing = await sealingKey(passphrase, cost).finally(() => passphrase.fill(0));
  await writeKey(path, { publicKey, seed, dataId, sealing });
  seed.fill(0);
  sealing.secret.fill(0);
  return { publicKey, dataId, path, encrypted: true };
}
