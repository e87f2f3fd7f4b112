import { concatBytes, equalBytes } from '../protocol/bytes.ts';
import { sha256 } from '../protocol/sha256.ts';

/** 128 bits: chance never matches them, and who can write the database can write the check as well. */
const CHECK_BYTES = 16;

/** A value as it is stored: a check over its key and itself, then the value. Under another key it is damaged. */
export function seal(key: Uint8Array, value: Uint8Array): Uint8Array {
  return concatBytes([checkOf(key, value), value]);
}

/** The value, or undefined if anything of it or its key changed since it was sealed. */
export function unseal(key: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < CHECK_BYTES) return undefined;
  const value = sealed.subarray(CHECK_BYTES);
  return equalBytes(sealed.subarray(0, CHECK_BYTES), checkOf(key, value)) ? value : undefined;
}

function checkOf(key: Uint8Array, value: Uint8Array): Uint8Array {
  const keyLength = Uint8Array.of(key.length >>> 8, key.length & 0xff); // or bytes could move between key and value
  return sha256(concatBytes([keyLength, key, value])).subarray(0, CHECK_BYTES);
}
