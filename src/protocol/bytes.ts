import { ProtocolError } from './errors.ts';

/** The value of each lower-case hex digit by its character code; NO_DIGIT for every other ASCII character. */
const NO_DIGIT = 16;
const DIGITS = new Uint8Array(128).fill(NO_DIGIT);
for (let value = 0; value < 16; value++) DIGITS[value.toString(16).charCodeAt(0)] = value;

const HEX_ROOM = Buffer.allocUnsafeSlow(64);

/** Lower-case hex of bytes. */
export function toHex(bytes: Uint8Array): string {
  if (bytes.length > HEX_ROOM.length) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
  HEX_ROOM.set(bytes); // digests above all: to copy 32 bytes costs less than to make a view of them
  return HEX_ROOM.toString('hex', 0, bytes.length);
}

/**
 * Bytes of lower-case hex; strict, since hex is how people hand us keys, digests and signatures.
 * @throws ProtocolError
 */
export function fromHex(hex: string, bytesLength?: number): Uint8Array {
  const length = hex.length >> 1;
  const bytes = new Uint8Array(length);
  let found = hex.length % 2 === 0 && (bytesLength === undefined || length === bytesLength) ? 0 : NO_DIGIT;
  for (let i = 0; i < length; i++) {
    const high = hex.charCodeAt(2 * i);
    const low = hex.charCodeAt(2 * i + 1);
    const a = DIGITS[high & 127]!;
    const b = DIGITS[low & 127]!;
    found |= a | b | (high >> 3) | (low >> 3); // the shifts: of a character beyond ASCII, NO_DIGIT or more is left
    bytes[i] = (a << 4) | b;
  }
  if (found >= NO_DIGIT) throw notHex(bytesLength);
  return bytes;
}

function notHex(bytesLength: number | undefined): ProtocolError {
  const digits = bytesLength === undefined ? '' : `${2 * bytesLength} digits of `;
  return new ProtocolError(`expected ${digits}lower-case hex`);
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
