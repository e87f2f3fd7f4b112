import assert from 'node:assert/strict';
import { toHex } from '../../src/protocol/bytes.ts';
import { digestBytes, hash } from '../../src/protocol/hash.ts';
import { sha256 } from '../../src/protocol/sha256.ts';
import { digestOf } from './samples.ts';

describe('a digest', () => {
  it('is SHA-256 (FIPS 180-4 example)', () => {
    assert.equal(toHex(sha256(Buffer.from('abc'))), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('is of the canonical array of tag and parts', () => {
    assert.equal(hash('t', 1), toHex(sha256(Uint8Array.of(0x82, 0x61, 0x74, 0x01))));
  });

  it('separates its domains, and where one part ends from where the next begins', () => {
    const digests = [
      hash('a'),
      hash('b'),
      hash('a', 'bc', 'd'),
      hash('a', 'b', 'cd'),
      hash('a', ['b', 'cd']),
      hash('a', 'b', ['cd']),
    ];
    assert.equal(new Set(digests).size, digests.length);
  });

  it('is 32 bytes on the wire, and nothing else is', () => {
    assert.equal(toHex(digestBytes(digestOf(5))), digestOf(5));
    assert.throws(() => digestBytes('00'), /64 digits/);
  });
});
