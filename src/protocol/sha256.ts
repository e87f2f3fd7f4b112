import { hash as digestOnce } from 'node:crypto';
import { fromHex } from './bytes.ts';

/** SHA-256 (FIPS 180-4) of some bytes, 32 bytes. The only place that names the platform's hash. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return fromHex(sha256Hex(bytes)); // the platform takes three times as long to make a Buffer as to make text
}

/** The same as 64 lower-case hex digits: one step less than converting bytes. */
export function sha256Hex(bytes: Uint8Array): string {
  return digestOnce('sha256', bytes, 'hex');
}
