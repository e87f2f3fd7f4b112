import { hkdfSync } from 'node:crypto';
import { createSigner, type Signer } from './ed25519.ts';

const SEED_BYTES = 32;
const SALT = Buffer.from('pheme/derived-key/1');

/**
 * What a validator's key is good for besides the protocol, each with a key of its own: HKDF-SHA-256 (RFC 5869) of the
 * seed under the purpose. Neither the seed nor another purpose's key follows from one of them.
 */
export type KeyPurpose = 'badge' | 'webhook';

/** @param seed the 32 secret bytes of the node's key */
export function deriveSigner(seed: Uint8Array, purpose: KeyPurpose): Signer {
  return createSigner(new Uint8Array(hkdfSync('sha256', seed, SALT, purpose, SEED_BYTES)));
}
