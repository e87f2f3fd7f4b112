import { createHash } from 'node:crypto';
import { Point } from '@noble/ed25519';

/** Edge cases of edwards25519, made by rule from the curve's own arithmetic. */

/** The order of the prime-order subgroup. */
export const L = 2n ** 252n + 27742317777372353535851937790883648493n;
/** The field's prime. */
const P = 2n ** 255n - 19n;
const SIGN_BIT = 1n << 255n;

/** Multiplies by the group order what may have torsion; the library's own refuses a scalar of that size. */
function timesL(point: Point): Point {
  return point
    .multiply(L / 2n, false)
    .double()
    .add(point);
}

/** A point of order 8: L times a point that is not torsion-free leaves its torsion part. */
function orderEight(): Point {
  for (let y = 2n; ; y++) {
    const point = pointAt(y);
    const torsion = point === undefined ? Point.ZERO : timesL(point);
    if (!torsion.double().double().is0()) return torsion;
  }
}

function pointAt(y: bigint): Point | undefined {
  try {
    return Point.fromBytes(littleEndian(y));
  } catch {
    return undefined; // about half of all y lie on no point
  }
}

/** The eight points of small order, the identity first. */
export function torsionPoints(): Point[] {
  const generator = orderEight();
  const points = [Point.ZERO];
  for (let i = 1; i < 8; i++) points.push(points[i - 1]!.add(generator));
  return points;
}

/**
 * All encodings that a lenient decoder takes for points of small order: the eight canonical ones, the two with
 * x = 0 and the sign bit set, and those with y + p in place of y where that fits 255 bits. 14 in all.
 */
export function smallOrderEncodings(): Uint8Array[] {
  const encodings = new Set<bigint>();
  for (const point of torsionPoints()) {
    const { x, y } = point.toAffine();
    const signs = x === 0n ? [0n, SIGN_BIT] : [(x & 1n) * SIGN_BIT];
    const ys = y + P < SIGN_BIT ? [y, y + P] : [y];
    for (const sign of signs) for (const value of ys) encodings.add(value + sign);
  }
  return [...encodings].map(littleEndian);
}

export function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn));
}

export function fromLittleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) + BigInt(byte), 0n);
}

/** k = SHA-512(R, A, M) mod L, as RFC 8032, 5.1.7 has it. */
export function challenge(r: Uint8Array, a: Uint8Array, message: Uint8Array): bigint {
  return fromLittleEndian(createHash('sha512').update(r).update(a).update(message).digest()) % L;
}

/** A signature under the key aB + torsion, with the commitment rB + torsion of its own: only the cofactor makes it valid. */
export function mixedOrderSignature(
  message: Uint8Array,
  secret: bigint,
  nonce: bigint,
  keyTorsion: Point,
  nonceTorsion: Point,
) {
  const publicKey = Point.BASE.multiply(secret).add(keyTorsion).toBytes();
  const r = Point.BASE.multiply(nonce).add(nonceTorsion).toBytes();
  const s = (nonce + challenge(r, publicKey, message) * secret) % L;
  return { publicKey, signature: Uint8Array.of(...r, ...littleEndian(s)), s };
}
