import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { fromHex, toHex } from '../protocol/bytes.ts';

/** What one guess at a passphrase costs; 128 * n * r bytes of memory. */
export interface ScryptCost {
  n: number;
  r: number;
  p: number;
}

/** About half a second and 128 MiB a guess on a server's core: the node pays it once a start. */
export const SCRYPT_COST: ScryptCost = { n: 2 ** 17, r: 8, p: 1 };
/** A file from elsewhere must not make the node take more memory than twice what it asks for itself. */
const SCRYPT_BYTES_MAX = 256 * 1024 * 1024;
/** Below this a passphrase could be guessed at leisure: no file of ours is weaker. */
const SCRYPT_N_MIN = 2 ** 14;
const SCRYPT_N_MAX = 2 ** 18;
const SCRYPT_R = 8; // the one value in use; others only shift cost between memory and time
const SCRYPT_P_MAX = 4;

const CIPHER = 'chacha20-poly1305';
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SEED_BYTES = 32;

const hexOf = (bytes: number) => {
  const form = new RegExp(`^[0-9a-f]{${2 * bytes}}$`);
  return z.string().regex(form, `must be ${2 * bytes} lower-case hex digits`);
};

/** How a seed stands in a key file: everything that it takes to open it, but the passphrase. */
export const sealedSchema = z.strictObject({
  kdf: z.literal('scrypt'),
  n: z
    .int()
    .min(SCRYPT_N_MIN)
    .max(SCRYPT_N_MAX)
    .refine((n) => Number.isInteger(Math.log2(n)), 'must be a power of two'),
  r: z.literal(SCRYPT_R),
  p: z.int().min(1).max(SCRYPT_P_MAX),
  salt: hexOf(SALT_BYTES),
  cipher: z.literal(CIPHER),
  nonce: hexOf(NONCE_BYTES),
  /** The sealed seed and its tag. */
  ciphertext: hexOf(SEED_BYTES + TAG_BYTES),
});
export type Sealed = z.output<typeof sealedSchema>;

/** The key that a passphrase gives under a salt and a cost. */
export interface SealingKey extends ScryptCost {
  salt: Uint8Array;
  secret: Uint8Array;
}

const derive = promisify<Uint8Array, Uint8Array, number, object, Uint8Array>(scrypt);

/** Half a second of work beside the event loop. @param salt a new one unless given */
export async function sealingKey(
  passphrase: Uint8Array,
  { n, r, p }: ScryptCost = SCRYPT_COST,
  salt: Uint8Array = randomBytes(SALT_BYTES),
): Promise<SealingKey> {
  const secret = await derive(passphrase, salt, 32, { N: n, r, p, maxmem: SCRYPT_BYTES_MAX + 1024 * 1024 });
  return { n, r, p, salt, secret };
}

/** Derives the key that opens a sealed seed. */
export function keyOfSealed({ n, r, p, salt }: Sealed, passphrase: Uint8Array): Promise<SealingKey> {
  return sealingKey(passphrase, { n, r, p }, fromHex(salt, SALT_BYTES));
}

/** Seals a seed under a nonce of its own. @param bound what stands beside it in the clear and must not be changed */
export function sealSeed(seed: Uint8Array, { secret, salt, n, r, p }: SealingKey, bound: Uint8Array): Sealed {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, secret, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(bound, { plaintextLength: seed.length });
  const ciphertext = Buffer.concat([cipher.update(seed), cipher.final(), cipher.getAuthTag()]);
  return {
    kdf: 'scrypt',
    n,
    r: r as typeof SCRYPT_R,
    p,
    salt: toHex(salt),
    cipher: CIPHER,
    nonce: toHex(nonce),
    ciphertext: toHex(ciphertext),
  };
}

/** The seed, or undefined: the passphrase is another one, or something of the file was changed. */
export function openSeed(sealed: Sealed, { secret }: SealingKey, bound: Uint8Array): Uint8Array | undefined {
  const bytes = fromHex(sealed.ciphertext, SEED_BYTES + TAG_BYTES);
  const opener = createDecipheriv(CIPHER, secret, fromHex(sealed.nonce, NONCE_BYTES), { authTagLength: TAG_BYTES });
  opener.setAAD(bound, { plaintextLength: SEED_BYTES });
  opener.setAuthTag(bytes.subarray(SEED_BYTES));
  try {
    return Buffer.concat([opener.update(bytes.subarray(0, SEED_BYTES)), opener.final()]);
  } catch {
    return undefined;
  }
}
