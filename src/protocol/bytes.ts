import { ProtocolError } from './errors.ts';

const HEX = /^(?:[0-9a-f]{2})*$/;

/** Lower-case hex of bytes. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/**
 * Bytes of lower-case hex; strict, since hex is how people hand us keys, digests and signatures.
 * @throws ProtocolError
 */
export function fromHex(hex: string, bytesLength?: number): Uint8Array {
  if (!HEX.test(hex) || (bytesLength !== undefined && hex.length !== 2 * bytesLength)) {
    throw new ProtocolError(
      `expected ${bytesLength === undefined ? '' : `${2 * bytesLength} digits of `}lower-case hex`,
    );
  }
  return Buffer.from(hex, 'hex');
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
