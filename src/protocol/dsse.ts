import { z } from 'zod';
import { concatBytes, fromHex } from './bytes.ts';
import { type Committee, weightOf } from './committee.ts';
import { createVerifier } from './ed25519.ts';
import { invalidInput } from './errors.ts';
import { VALIDATORS_MAX } from './limits.ts';

/** Of in-toto statements, as the DSSE envelope names it. */
export const STATEMENT_PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** A statement with a few subjects; a task's own bytes are not in it. */
const PAYLOAD_BYTES_MAX = 64 * 1024;

const base64 = (bytesMax: number) => z.base64().max(4 * Math.ceil(bytesMax / 3));

/** The form of a {@link DsseEnvelope}. */
export const envelopeSchema = z.strictObject({
  payloadType: z.literal(STATEMENT_PAYLOAD_TYPE),
  payload: base64(PAYLOAD_BYTES_MAX),
  signatures: z
    .array(z.strictObject({ keyid: z.string().regex(/^[0-9a-f]{64}$/), sig: base64(64) }))
    .min(1)
    .max(VALIDATORS_MAX),
});

/** A DSSE envelope v1.0.2: base64 payload, and Ed25519 signatures over its PAE; `keyid` is the public key, hex. */
export type DsseEnvelope = z.infer<typeof envelopeSchema>;

/** @throws ValidationError MALFORMED */
export function parseEnvelope(input: unknown): DsseEnvelope {
  const parsed = envelopeSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.slice(0, 10).map(({ path, message }) => ({ path: path.join('.'), message }));
  throw invalidInput('not a DSSE envelope of an in-toto statement', faults, 'MALFORMED');
}

/** The bytes that are signed: DSSE protocol, section "Signature Definition". */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = Buffer.from(payloadType);
  return concatBytes([Buffer.from(`DSSEv1 ${type.length} `), type, Buffer.from(` ${payload.length} `), payload]);
}

/** @param signatures by public key, hex; 64 bytes each */
export function createEnvelope(payload: Uint8Array, signatures: ReadonlyMap<string, Uint8Array>): DsseEnvelope {
  return {
    payloadType: STATEMENT_PAYLOAD_TYPE,
    payload: Buffer.from(payload).toString('base64'),
    signatures: [...signatures].map(([keyid, sig]) => ({ keyid, sig: Buffer.from(sig).toString('base64') })),
  };
}

/** One envelope a signer, for verifiers that take a single signature. */
export function splitEnvelope(envelope: DsseEnvelope): DsseEnvelope[] {
  return envelope.signatures.map((signature) => ({ ...envelope, signatures: [signature] }));
}

export interface EnvelopeSigners {
  /** Positions of the validators whose signatures hold, ascending; each counted once. */
  signers: number[];
  weight: number;
  /** Key ids that are of no validator, or whose signature does not hold. */
  refused: string[];
}

/** Who of the committee signed the envelope. */
export function signersOf(committee: Committee, envelope: DsseEnvelope): EnvelopeSigners {
  const message = preAuthEncoding(envelope.payloadType, Buffer.from(envelope.payload, 'base64'));
  const signers = new Set<number>();
  const refused: string[] = [];
  for (const { keyid, sig } of envelope.signatures) {
    const index = committee.validators.findIndex(({ publicKey }) => publicKey === keyid);
    const holds = index >= 0 && createVerifier(fromHex(keyid, 32)).verify(message, Buffer.from(sig, 'base64'));
    if (holds) signers.add(index);
    else refused.push(keyid);
  }
  return { signers: [...signers].sort((a, b) => a - b), weight: weightOf(committee, signers), refused };
}

/** A validator's own signature over a statement: under DSSE's tag, so that it can stand for nothing else. */
export function signStatement(sign: (message: Uint8Array) => Uint8Array, payload: Uint8Array): Uint8Array {
  return sign(preAuthEncoding(STATEMENT_PAYLOAD_TYPE, payload));
}

/** True if the validator signed this payload. */
export function attests(publicKey: string, payload: Uint8Array, signature: Uint8Array): boolean {
  const message = preAuthEncoding(STATEMENT_PAYLOAD_TYPE, payload);
  return createVerifier(fromHex(publicKey, 32)).verify(message, signature);
}
