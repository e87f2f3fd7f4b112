import assert from 'node:assert/strict';
import fc from 'fast-check';
import { concatBytes, equalBytes, fromHex, toHex } from '../../src/protocol/bytes.ts';
import { ProtocolError } from '../../src/protocol/errors.ts';

describe('hex', () => {
  it('is given back as it was', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => assert.ok(equalBytes(fromHex(toHex(bytes)), bytes))));
  });

  it('shows a view of a larger buffer, not the buffer', () => {
    assert.equal(toHex(new Uint8Array([1, 2, 3, 4]).subarray(1, 3)), '0203');
  });

  for (const bad of ['A0', '0', '0x00', ' 00', '00\n', 'zz']) {
    it(`is refused as ${JSON.stringify(bad)}`, () => assert.throws(() => fromHex(bad), ProtocolError));
  }

  it('must have the length asked for', () => {
    assert.throws(() => fromHex('00', 2), /4 digits/);
    assert.throws(() => fromHex('000000', 2), /4 digits/);
    assert.equal(fromHex('0102', 2).length, 2);
  });
});

describe('bytes', () => {
  it('are joined and compared by content', () => {
    assert.ok(equalBytes(concatBytes([Uint8Array.of(1), Uint8Array.of(), Uint8Array.of(2)]), Uint8Array.of(1, 2)));
    assert.ok(!equalBytes(Uint8Array.of(1), Uint8Array.of(1, 0)));
  });
});
