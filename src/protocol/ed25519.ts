import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as nodeSign,
  verify as nodeVerify,
} from 'node:crypto';
import * as noble from '@noble/ed25519';
import { ValidationError } from './errors.ts';

/**
 * R32: Ed25519 with ONE acceptance rule, ZIP-215, as @noble/ed25519 defines it.
 * OpenSSL accepts fast: whatever it accepts, ZIP-215 accepts; when it refuses, noble decides. Its own refusals
 * on small-order points differ between versions, so it never has the last word.
 */

noble.hashes.sha512 = (message) => createHash('sha512').update(message).digest();

const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex'); // RFC 8410
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex'); // RFC 8410
const SIGNATURE_BYTES = 64;
const KEY_BYTES = 32;

/** A public key, prepared once: building the platform's key object costs as much as a verification. */
export interface Verifier {
  /** The 32 bytes of the key. */
  readonly publicKey: Uint8Array;
  /** True if ZIP-215 accepts the signature (64 bytes) over the message. Never throws. */
  verify(message: Uint8Array, signature: Uint8Array): boolean;
}

export interface Signer {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

export function createVerifier(publicKey: Uint8Array): Verifier {
  const native = nativeKey(publicKey);
  const verify = (message: Uint8Array, signature: Uint8Array) => {
    if (signature.length !== SIGNATURE_BYTES || publicKey.length !== KEY_BYTES) return false;
    if (native !== undefined && nodeVerify(null, message, native, signature)) return true;
    return verifyZip215(publicKey, message, signature);
  };
  return { publicKey, verify };
}

function nativeKey(publicKey: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' });
  } catch {
    return undefined; // noble alone decides for a key that the platform does not take
  }
}

function verifyZip215(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return noble.verify(signature, message, publicKey, { zip215: true });
  } catch {
    return false; // noble throws on encodings that are no point; they sign nothing
  }
}

/** @param seed the 32 secret bytes of RFC 8032, 5.1.5 */
export function createSigner(seed: Uint8Array): Signer {
  if (seed.length !== KEY_BYTES) throw new ValidationError('an Ed25519 seed has 32 bytes', 'INVALID_KEY');
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length);
  return { publicKey, sign: (message) => nodeSign(null, message, key) };
}

/** Why a key may not stand in a genesis file, or undefined: it must be canonical, torsion-free and not the identity. */
export function validatorKeyFault(publicKey: Uint8Array): string | undefined {
  try {
    const point = noble.Point.fromBytes(publicKey); // strict: refuses y >= p
    if (point.isSmallOrder()) return 'is a point of small order: anybody could sign for it';
    return point.isTorsionFree() ? undefined : 'is not torsion-free: generate another key';
  } catch {
    return 'is no canonical Ed25519 point';
  }
}
