import { concatBytes, equalBytes } from '../../src/protocol/bytes.ts';
import type { Signer, Verifier } from '../../src/protocol/ed25519.ts';
import { sha256 } from '../../src/protocol/sha256.ts';

/** Keyed hashes in place of signatures: no simulated party forges, and a schedule costs milliseconds. */
function tag(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  const half = sha256(concatBytes([publicKey, message]));
  return concatBytes([half, half]);
}

export function fakeSigner(publicKey: Uint8Array): Signer {
  return { publicKey, sign: (message) => tag(publicKey, message) };
}

export function fakeVerifier(publicKey: Uint8Array): Verifier {
  return { publicKey, verify: (message, signature) => equalBytes(tag(publicKey, message), signature) };
}
