import assert from 'node:assert/strict';
import { createPublicKey, verify as nodeVerify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as noble from '@noble/ed25519';
import fc from 'fast-check';
import { equalBytes, fromHex, toHex } from '../../src/protocol/bytes.ts';
import { createSigner, createVerifier, validatorKeyFault } from '../../src/protocol/ed25519.ts';
import {
  fromLittleEndian,
  L,
  littleEndian,
  mixedOrderSignature,
  smallOrderEncodings,
  torsionPoints,
} from '../vectors/edwards25519.ts';

interface Vector {
  seed: string;
  publicKey: string;
  message: string;
  signature: string;
}
const rfc8032 = JSON.parse(readFileSync(new URL('../vectors/ed25519-rfc8032.json', import.meta.url), 'utf8')) as {
  vectors: Vector[];
};

const MESSAGE = Buffer.from('Zcash');
const signer = createSigner(new Uint8Array(32).fill(7));
const verifier = createVerifier(signer.publicKey);

function zip215(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return noble.verify(signature, message, publicKey, { zip215: true });
  } catch {
    return false;
  }
}

function native(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey]);
  return nodeVerify(null, message, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature);
}

describe('Ed25519 signatures', () => {
  for (const { seed, publicKey, message, signature } of rfc8032.vectors) {
    it(`are made and accepted as in RFC 8032: key ${publicKey.slice(0, 8)}`, () => {
      const made = createSigner(fromHex(seed));
      assert.equal(toHex(made.publicKey), publicKey);
      assert.equal(toHex(made.sign(fromHex(message))), signature);
      assert.ok(createVerifier(fromHex(publicKey)).verify(fromHex(message), fromHex(signature)));
    });
  }

  it('are refused for a seed of another length', () => {
    assert.throws(() => createSigner(new Uint8Array(31)), { code: 'INVALID_KEY' });
  });

  it('are refused, not thrown at, when any byte is changed or the length is wrong', () => {
    const signature = signer.sign(MESSAGE);
    assert.ok(verifier.verify(MESSAGE, signature));
    for (let position = 0; position < 64; position += 7) {
      const changed = Uint8Array.from(signature);
      changed[position]! ^= 1;
      assert.equal(verifier.verify(MESSAGE, changed), false, `byte ${position}`);
    }
    for (const length of [0, 63, 65]) assert.equal(verifier.verify(MESSAGE, new Uint8Array(length)), false);
    assert.equal(createVerifier(new Uint8Array(31)).verify(MESSAGE, signature), false);
    assert.equal(createVerifier(new Uint8Array(33)).verify(MESSAGE, signature), false);
  });

  it('are refused with s >= L, though s - L would pass', () => {
    const signature = signer.sign(MESSAGE);
    const s = fromLittleEndian(signature.slice(32));
    const malleated = Uint8Array.of(...signature.slice(0, 32), ...littleEndian(s + L));
    assert.equal(verifier.verify(MESSAGE, malleated), false);
    const identity = littleEndian(1n);
    assert.equal(createVerifier(identity).verify(MESSAGE, Uint8Array.of(...identity, ...littleEndian(L))), false);
  });
});

describe('ZIP-215, the one rule of acceptance', () => {
  const encodings = smallOrderEncodings();

  it('has 14 encodings of the 8 points of small order', () => {
    assert.equal(encodings.length, 14);
    assert.equal(new Set(encodings.map(toHex)).size, 14);
    assert.ok(
      encodings.some((bytes) => toHex(bytes) === `ee${'ff'.repeat(30)}7f`),
      'the non-canonical identity',
    );
  });

  it('accepts all 196 signatures of small order with s = 0', () => {
    for (const a of encodings) {
      const small = createVerifier(a);
      for (const r of encodings) {
        const signature = Uint8Array.of(...r, ...new Uint8Array(32));
        assert.ok(small.verify(MESSAGE, signature), `A ${toHex(a)} R ${toHex(r)}`);
      }
    }
  });

  it('accepts signatures of mixed order, whichever parts have torsion, and still binds the message', () => {
    const torsion = torsionPoints();
    for (const keyTorsion of torsion) {
      for (const nonceTorsion of [torsion[0]!, torsion[3]!, torsion[4]!]) {
        const { publicKey, signature } = mixedOrderSignature(
          MESSAGE,
          123_456_789n,
          987_654_321n,
          keyTorsion,
          nonceTorsion,
        );
        assert.ok(createVerifier(publicKey).verify(MESSAGE, signature));
        assert.ok(!createVerifier(publicKey).verify(Buffer.from('another'), signature));
      }
    }
  });

  it('is wider than what the platform accepts, so the platform alone never decides', () => {
    const [, torsion] = torsionPoints();
    const refusedNatively = Array.from({ length: 8 }, (_, nonce) =>
      mixedOrderSignature(MESSAGE, 11n, BigInt(nonce + 1), torsion!, torsion!),
    ).filter(({ publicKey, signature }) => !native(publicKey, MESSAGE, signature));
    assert.ok(refusedNatively.length > 0);
    for (const { publicKey, signature } of refusedNatively) {
      assert.ok(createVerifier(publicKey).verify(MESSAGE, signature));
    }
  });

  it('refuses what is no point, as key and as commitment', () => {
    const offCurve = littleEndian(2n);
    assert.throws(() => noble.Point.fromBytes(offCurve));
    assert.equal(createVerifier(offCurve).verify(MESSAGE, signer.sign(MESSAGE)), false);
    assert.equal(verifier.verify(MESSAGE, Uint8Array.of(...offCurve, ...new Uint8Array(32))), false);
  });

  it('gives one answer: whatever the fast path accepts, ZIP-215 accepts', () => {
    const torsion = torsionPoints();
    const anyBytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const anyPoint = fc.oneof(
      fc.constantFrom(...encodings),
      fc.tuple(fc.bigInt({ min: 1n, max: L - 1n }), fc.nat(7)).map(([scalar, at]) => {
        return noble.Point.BASE.multiply(scalar).add(torsion[at]!).toBytes();
      }),
      anyBytes,
    );
    const anyScalar = fc.oneof(fc.constant(new Uint8Array(32)), fc.constant(littleEndian(L)), anyBytes);
    fc.assert(
      fc.property(anyPoint, anyPoint, anyScalar, (a, r, s) => {
        const signature = Uint8Array.of(...r, ...s);
        const expected = zip215(a, MESSAGE, signature);
        assert.equal(createVerifier(a).verify(MESSAGE, signature), expected);
        if (native(a, MESSAGE, signature)) assert.ok(expected, 'the platform accepts what ZIP-215 refuses');
      }),
      { numRuns: 150 },
    );
  });

  it('gives one answer on honest and damaged signatures of mixed order', () => {
    const torsion = torsionPoints();
    const scalar = fc.bigInt({ min: 1n, max: L - 1n });
    fc.assert(
      fc.property(scalar, scalar, fc.nat(7), fc.nat(7), fc.option(fc.nat(511)), (secret, nonce, at, too, flip) => {
        const { publicKey, signature } = mixedOrderSignature(MESSAGE, secret, nonce, torsion[at]!, torsion[too]!);
        if (flip !== null) signature[flip >> 3]! ^= 1 << (flip & 7);
        const verdict = createVerifier(publicKey).verify(MESSAGE, signature);
        assert.equal(verdict, zip215(publicKey, MESSAGE, signature));
        if (flip === null) assert.ok(verdict);
      }),
      { numRuns: 60 },
    );
  });
});

describe('keys that may stand in a genesis', () => {
  it('are what a signer has', () => {
    assert.equal(validatorKeyFault(signer.publicKey), undefined);
  });

  it('are none of the 14 encodings of small order', () => {
    for (const bytes of smallOrderEncodings())
      assert.match(validatorKeyFault(bytes)!, /small order|no canonical/, toHex(bytes));
  });

  it('are not the identity', () => {
    assert.match(validatorKeyFault(littleEndian(1n))!, /small order/);
  });

  it('have no torsion part', () => {
    for (const torsion of torsionPoints().slice(1)) {
      const mixed = noble.Point.BASE.multiply(5n).add(torsion).toBytes();
      assert.match(validatorKeyFault(mixed)!, /torsion-free/);
    }
  });

  it('are canonical points of 32 bytes', () => {
    const p = 2n ** 255n - 19n;
    for (const bytes of [littleEndian(2n), littleEndian(p + 3n), new Uint8Array(31), new Uint8Array(0)]) {
      assert.match(validatorKeyFault(bytes)!, /no canonical/);
    }
    assert.ok(equalBytes(noble.Point.fromBytes(littleEndian(p + 3n), true).toBytes(), littleEndian(3n)));
  });
});
