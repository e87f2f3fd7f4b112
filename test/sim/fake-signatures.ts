import { equalBytes } from '../../src/protocol/bytes.ts';
import type { Signer, Verifier } from '../../src/protocol/ed25519.ts';

/**
 * Keyed sums in place of signatures: no simulated party forges, and a schedule costs milliseconds.
 * FNV-1a over key and message, spread over the 64 bytes of a signature.
 */
function tag(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  const words = new Uint32Array(16);
  let [low, high] = [0x811c9dc5, 0x9e3779b9];
  for (const part of [publicKey, message]) {
    for (const byte of part) {
      low = Math.imul(low ^ byte, 0x01000193);
      high = Math.imul(high ^ (byte + (low >>> 24)), 0x01000193);
    }
  }
  for (let i = 0; i < words.length; i += 2) {
    words[i] = low ^ i;
    words[i + 1] = high ^ i;
  }
  return new Uint8Array(words.buffer);
}

export function fakeSigner(publicKey: Uint8Array): Signer {
  return { publicKey, sign: (message) => tag(publicKey, message) };
}

export function fakeVerifier(publicKey: Uint8Array): Verifier {
  return { publicKey, verify: (message, signature) => equalBytes(tag(publicKey, message), signature) };
}
