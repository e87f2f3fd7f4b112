import { fromHex } from './bytes.ts';
import { type CborValue, encodeInto } from './cbor.ts';
import { sha256Hex } from './sha256.ts';

/** A SHA-256 digest as 64 lower-case hex digits: comparable, and usable as a key. On the wire it is 32 bytes. */
export type Digest = string;

/** H(tag, ...) = SHA-256 of the deterministic CBOR array [tag, ...]; the tag separates the domains. */
export function hash(tag: string, ...parts: CborValue[]): Digest {
  return encodeInto([tag, ...parts], sha256Hex);
}

/** The 32 bytes of a digest, as they are hashed and sent. */
export function digestBytes(digest: Digest): Uint8Array {
  return fromHex(digest, 32);
}
