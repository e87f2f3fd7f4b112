import { z } from 'zod';
import { agreedFindingSchema, agreementOf } from './agreement.ts';
import type { LeafProof } from './batch.ts';
import type { Cert } from './bundle.ts';
import { fromHex, toHex } from './bytes.ts';
import type { Committee } from './committee.ts';
import { epochChangeSchema } from './epoch-change.ts';
import { invalidInput } from './errors.ts';
import { ABSTAIN_REASONS, CATEGORIES, SEVERITIES } from './judgement.ts';
import { BATCH_LEAVES_MAX, EPOCHS_MAX, FINDINGS_MAX, GOSSIP_BYTES_MAX, ROUND_MAX, VALIDATORS_MAX } from './limits.ts';
import { ppmToNumber } from './ppm.ts';
import { decodeReport, type Report } from './report.ts';
import { type Core, decodeCore, OUTCOMES, REASONS, type Reveal } from './value.ts';

/** The version of the certificate's JSON form. */
export const CERTIFICATE_VERSION = 1;

const hex = (bytes: number) =>
  z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`), `must be ${2 * bytes} lower-case hex digits`);
const count = z.int().min(0);
const share = z.number().min(0).max(1);

const precommitSchema = z.strictObject({
  validatorIndex: z
    .int()
    .min(0)
    .max(VALIDATORS_MAX - 1),
  leafCount: z.int().min(1).max(BATCH_LEAVES_MAX),
  leafIndex: count,
  path: z.array(hex(32)).max(32),
  signature: hex(64),
});

const findingSchema = z.strictObject({
  rule: z.string(),
  severity: z.enum(SEVERITIES),
  category: z.enum(CATEGORIES),
  file: z.string(),
  line: count,
  quote: z.string(),
  message: z.string(),
  suggestion: z.string().optional(),
});

const reportSchema = z.strictObject({
  summary: z.string(),
  findings: z.array(findingSchema).max(FINDINGS_MAX),
  coverage: z.strictObject({
    filesTotal: count,
    filesJudged: count,
    linesTotal: count,
    linesJudged: count,
    omitted: z.array(z.strictObject({ what: z.string(), reason: z.string() })),
  }),
  feedback: z.array(z.strictObject({ requirement: z.string(), score: share, comment: z.string() })).optional(),
  level: count.optional(),
  usage: z.strictObject({ promptTokens: count, completionTokens: count, costMicros: count }).optional(),
});

const judgementSchema = z.strictObject({
  validator: hex(32),
  vote: z.enum(['approve', 'reject', 'abstain']),
  abstainReason: z.enum(ABSTAIN_REASONS).optional(),
  confidence: share,
  score: share.optional(),
  complete: z.boolean(),
  model: z.strictObject({ id: z.string(), family: z.string(), digest: hex(32).optional() }),
  promptDigest: hex(32).optional(),
  judgedAt: z.string(),
  reportDigest: hex(32),
  report: reportSchema.optional(),
});

/** The form of a {@link ConsensusResult}. */
export const consensusResultSchema = z.strictObject({
  taskId: hex(32),
  networkId: hex(32),
  configDigest: hex(32),
  outcome: z.enum(OUTCOMES),
  reason: z.enum(REASONS).optional(),
  approved: z.boolean(),
  confidence: share,
  score: share.optional(),
  decidedAt: z.string(),
  validators: z.array(hex(32)).max(VALIDATORS_MAX),
  signatures: z.array(hex(64)).max(VALIDATORS_MAX),
  core: z
    .string()
    .regex(/^(?:[0-9a-f]{2})+$/, 'must be lower-case hex')
    .max(2 * GOSSIP_BYTES_MAX),
  certificate: z.strictObject({
    version: z.literal(CERTIFICATE_VERSION),
    round: z.int().min(0).max(ROUND_MAX),
    precommits: z.array(precommitSchema).max(VALIDATORS_MAX),
  }),
  epochs: z.array(epochChangeSchema).min(1).max(EPOCHS_MAX).optional(),
  judgements: z.array(judgementSchema).max(VALIDATORS_MAX).optional(),
  modelFamilies: count.max(VALIDATORS_MAX).optional(),
  findings: z.array(agreedFindingSchema).max(FINDINGS_MAX).optional(),
});

/**
 * The agreed result in the words of the domain. `core` is the agreed bytes, hex; every field before it follows from it.
 * `epochs` leads from the network's genesis to the epoch of the result; it is left out for the genesis's own.
 * `modelFamilies` and `findings` follow from the judgements listed: see {@link agreementOf}.
 */
export type ConsensusResult = z.infer<typeof consensusResultSchema>;
/** One validator's judgement as a result shows it; `report` only where this node holds it. */
export type JudgementView = z.infer<typeof judgementSchema>;

/** @throws ValidationError MALFORMED: unknown fields are refused too */
export function parseConsensusResult(input: unknown): ConsensusResult {
  const parsed = consensusResultSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.slice(0, 10).map(({ path, message }) => ({ path: path.join('.'), message }));
  throw invalidInput('not a ConsensusResult', faults, 'MALFORMED');
}

/**
 * Renders a certificate for people and programs.
 * @param reports canonical report bytes by digest, as far as they are held; omitted, no judgements are listed
 */
export function renderConsensusResult(
  committee: Committee,
  cert: Cert,
  reports?: ReadonlyMap<string, Uint8Array>,
): ConsensusResult {
  const core = decodeCore(cert.coreBytes);
  const votes = [...cert.votes].sort((a, b) => a.signer - b.signer);
  const proofs = votes.map((vote) => vote.proof());
  const judgements = reports && core.reveals.map((reveal) => renderJudgement(committee, reveal, reports));
  return {
    ...renderCore(core),
    validators: votes.map((vote) => committee.validators[vote.signer]!.publicKey),
    signatures: proofs.map((proof) => toHex(proof.signature)),
    core: toHex(cert.coreBytes),
    certificate: {
      version: CERTIFICATE_VERSION,
      round: votes[0]!.leaf.round,
      precommits: proofs.map(renderProof),
    },
    ...(judgements === undefined ? {} : { judgements, ...agreementOf(judgements) }),
  };
}

/** The fields that follow from the core alone. */
export function renderCore(core: Core) {
  return {
    taskId: core.taskId,
    networkId: core.networkId,
    configDigest: core.configDigest,
    outcome: core.outcome,
    ...(core.reason === null ? {} : { reason: core.reason }),
    approved: core.outcome === 'APPROVED',
    confidence: ppmToNumber(core.confidencePpm),
    ...(core.scorePpm === null ? {} : { score: ppmToNumber(core.scorePpm) }),
    decidedAt: isoTime(core.decidedAtSeconds),
  };
}

/** ISO 8601 in UTC of Unix seconds. */
function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

function renderProof({ validatorIndex, leafCount, leafIndex, path, signature }: LeafProof) {
  return { validatorIndex, leafCount, leafIndex, path: path.map(toHex), signature: toHex(signature) };
}

/** Reads a certificate's entry back. */
export function proofFromJson(entry: ConsensusResult['certificate']['precommits'][number]): LeafProof {
  return { ...entry, path: entry.path.map((step) => fromHex(step, 32)), signature: fromHex(entry.signature, 64) };
}

/** One revealed result with its report, where held. */
export function renderJudgement(
  committee: Committee,
  { index, result }: Reveal,
  reports: ReadonlyMap<string, Uint8Array>,
): JudgementView {
  const reportBytes = reports.get(result.reportDigest);
  return {
    validator: committee.validators[index]!.publicKey,
    vote: result.vote,
    ...(result.abstainReason === null ? {} : { abstainReason: result.abstainReason }),
    confidence: ppmToNumber(result.confidencePpm),
    ...(result.scorePpm === null ? {} : { score: ppmToNumber(result.scorePpm) }),
    complete: result.complete,
    model: {
      id: result.modelId,
      family: result.modelFamily,
      ...(result.modelDigest === null ? {} : { digest: result.modelDigest }),
    },
    ...(result.promptDigest === null ? {} : { promptDigest: result.promptDigest }),
    judgedAt: isoTime(result.judgedAtSeconds),
    reportDigest: result.reportDigest,
    ...(reportBytes === undefined ? {} : { report: decodeReport(reportBytes) as Report }),
  };
}
