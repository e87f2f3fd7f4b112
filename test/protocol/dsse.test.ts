import assert from 'node:assert/strict';
import { createCommittee } from '../../src/protocol/committee.ts';
import {
  createEnvelope,
  type DsseEnvelope,
  parseEnvelope,
  preAuthEncoding,
  STATEMENT_PAYLOAD_TYPE,
  signersOf,
  signStatement,
  splitEnvelope,
} from '../../src/protocol/dsse.ts';
import { genesisOf, signerOf } from '../node/result-fixture.ts';

const PAYLOAD = Buffer.from('{"_type":"https://in-toto.io/Statement/v1"}');

/** An envelope that validators of four have signed. */
function signedBy(...indexes: number[]): DsseEnvelope {
  const signatures = indexes.map((index): [string, Uint8Array] => {
    const signer = signerOf(index);
    return [Buffer.from(signer.publicKey).toString('hex'), signStatement((message) => signer.sign(message), PAYLOAD)];
  });
  return createEnvelope(PAYLOAD, new Map(signatures));
}

describe('a DSSE envelope', () => {
  const committee = createCommittee(genesisOf(4));

  it("signs the pre-authentication encoding of the protocol's own example", () => {
    const encoded = preAuthEncoding('http://example.com/HelloWorld', Buffer.from('hello world'));
    assert.equal(Buffer.from(encoded).toString(), 'DSSEv1 29 http://example.com/HelloWorld 11 hello world');
  });

  it('counts lengths in bytes', () => {
    const encoded = preAuthEncoding('ö', Buffer.from('€'));
    assert.equal(Buffer.from(encoded).toString(), 'DSSEv1 2 ö 3 €');
  });

  it('tells who of the committee signed, each once', () => {
    const envelope = signedBy(0, 2, 3);
    const twice = { ...envelope, signatures: [...envelope.signatures, ...envelope.signatures] };
    assert.deepEqual(signersOf(committee, twice), { signers: [0, 2, 3], weight: 3, refused: [] });
  });

  it('refuses a stranger, a signature of another payload, and one under another key', () => {
    const stranger = signedBy(7);
    const other = { ...signedBy(1), payload: Buffer.from('{}').toString('base64') };
    const [first, second] = signedBy(0, 1).signatures;
    const swapped = { ...signedBy(0), signatures: [{ keyid: first!.keyid, sig: second!.sig }] };
    for (const envelope of [stranger, other, swapped]) {
      const { weight, refused } = signersOf(committee, envelope);
      assert.equal(weight, 0);
      assert.equal(refused.length, 1);
    }
  });

  it('comes as one envelope a signer too', () => {
    const parts = splitEnvelope(signedBy(0, 1, 2));
    assert.deepEqual(
      parts.map((part) => signersOf(committee, part).signers),
      [[0], [1], [2]],
    );
  });

  it('is parsed strictly', () => {
    const envelope = signedBy(0);
    assert.deepEqual(parseEnvelope(JSON.parse(JSON.stringify(envelope))), envelope);
    const faulty: unknown[] = [
      { ...envelope, payloadType: 'text/plain' },
      { ...envelope, payload: 'not base64!' },
      { ...envelope, signatures: [] },
      { ...envelope, extra: 1 },
      { ...envelope, signatures: [{ keyid: 'A'.repeat(64), sig: envelope.signatures[0]!.sig }] },
      null,
    ];
    for (const input of faulty) assert.throws(() => parseEnvelope(input), { code: 'MALFORMED' });
    assert.equal(envelope.payloadType, STATEMENT_PAYLOAD_TYPE);
  });
});
