import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { toHex } from '../../protocol/bytes.ts';

/** What `protocol/` takes of node:crypto, in the browser: hashes, synchronous as there. Keys of the platform there are none. */

const HASHES = { sha256, sha512 } as const;
type HashName = keyof typeof HASHES;

/** The one-shot hash of node:crypto. */
export function hash(name: HashName, bytes: Uint8Array, encoding: 'hex'): string;
export function hash(name: HashName, bytes: Uint8Array, encoding: 'buffer'): Uint8Array;
export function hash(name: HashName, bytes: Uint8Array, encoding: 'hex' | 'buffer'): string | Uint8Array {
  const digest = HASHES[name](bytes);
  return encoding === 'hex' ? toHex(digest) : digest;
}

export function createHash(name: HashName) {
  const state = HASHES[name].create();
  const hasher = {
    update(bytes: Uint8Array) {
      state.update(bytes);
      return hasher;
    },
    digest: () => state.digest(),
  };
  return hasher;
}

/** `protocol/ed25519.ts` lets noble alone decide for a key that the platform does not take: here that is every key. */
export function createPublicKey(): never {
  throw new TypeError('the browser verifies without keys of the platform');
}

export function verify(): boolean {
  return false;
}

function noSigning(): never {
  throw new TypeError('the dashboard signs nothing: it holds no key');
}

export { noSigning as createPrivateKey, noSigning as sign };
