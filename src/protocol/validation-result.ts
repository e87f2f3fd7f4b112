import type { CborValue } from './cbor.ts';
import { ProtocolError } from './errors.ts';
import { arrayOf, booleanOf, digestOf, fixedBytesOf, integerOf, optional, textOf, wordOf } from './fields.ts';
import { type Digest, digestBytes, hash } from './hash.ts';
import { ABSTAIN_REASONS, type AbstainReason, type Vote } from './judgement.ts';
import { IDENTIFIER_CHARS_MAX, SECONDS_MAX } from './limits.ts';
import { PPM } from './ppm.ts';

const VOTES: readonly Vote[] = ['approve', 'reject', 'abstain'];

/** What a validator signs of its judgement; integers and digests only. The report travels apart, bound by its digest. */
export interface ValidationResult {
  vote: Vote;
  /** Present exactly if the vote is abstain. */
  abstainReason: AbstainReason | null;
  confidencePpm: number;
  scorePpm: number | null;
  /** False if part of the input was not covered; such an approval counts as an abstention. */
  complete: boolean;
  coverageDigest: Digest;
  reportDigest: Digest;
  modelId: string;
  modelFamily: string;
  modelDigest: Digest | null;
  promptDigest: Digest | null;
  judgedAtSeconds: number;
}

/** A validator's result with the salt that hid it until its reveal (32 bytes, hex). */
export interface Opening {
  result: ValidationResult;
  salt: string;
}

export function validationResultToCbor(result: ValidationResult): CborValue {
  const digestOrNull = (digest: Digest | null) => (digest === null ? null : digestBytes(digest));
  return [
    VOTES.indexOf(result.vote),
    result.abstainReason === null ? null : ABSTAIN_REASONS.indexOf(result.abstainReason),
    result.confidencePpm,
    result.scorePpm,
    result.complete,
    digestBytes(result.coverageDigest),
    digestBytes(result.reportDigest),
    result.modelId,
    result.modelFamily,
    digestOrNull(result.modelDigest),
    digestOrNull(result.promptDigest),
    result.judgedAtSeconds,
  ];
}

/** @throws ProtocolError */
export function validationResultFromCbor(value: CborValue | undefined): ValidationResult {
  const [vote, reason, confidence, score, complete, coverage, report, model, family, modelDigest, prompt, judgedAt] =
    arrayOf(value, 'ValidationResult', 12);
  const result = {
    vote: wordOf(vote, 'vote', VOTES),
    abstainReason: optional(reason, (code) => wordOf(code, 'abstainReason', ABSTAIN_REASONS)),
    confidencePpm: integerOf(confidence, 'confidence', 0, PPM),
    scorePpm: optional(score, (ppm) => integerOf(ppm, 'score', 0, PPM)),
    complete: booleanOf(complete, 'complete'),
    coverageDigest: digestOf(coverage, 'coverageDigest'),
    reportDigest: digestOf(report, 'reportDigest'),
    modelId: textOf(model, 'modelId', IDENTIFIER_CHARS_MAX),
    modelFamily: textOf(family, 'modelFamily', IDENTIFIER_CHARS_MAX),
    modelDigest: optional(modelDigest, (digest) => digestOf(digest, 'modelDigest')),
    promptDigest: optional(prompt, (digest) => digestOf(digest, 'promptDigest')),
    judgedAtSeconds: integerOf(judgedAt, 'judgedAt', 0, SECONDS_MAX),
  };
  if ((result.vote === 'abstain') !== (result.abstainReason !== null)) {
    throw new ProtocolError('an abstention, and only an abstention, carries a reason');
  }
  return result;
}

export function openingToCbor({ result, salt }: Opening): CborValue {
  return [validationResultToCbor(result), digestBytes(salt)];
}

/** @throws ProtocolError */
export function openingFromCbor(value: CborValue | undefined): Opening {
  const [result, salt] = arrayOf(value, 'opening', 2);
  return {
    result: validationResultFromCbor(result),
    salt: Buffer.from(fixedBytesOf(salt, 'salt', 32)).toString('hex'),
  };
}

/** c = H(taskId, validatorKey, ValidationResult, salt): what a COMMIT carries. Bound to the key, so it cannot be copied. */
export function commitmentOf(taskId: Digest, publicKey: string, { result, salt }: Opening): Digest {
  const parts = [digestBytes(taskId), digestBytes(publicKey), validationResultToCbor(result), digestBytes(salt)];
  return hash('pheme/commitment/1', ...parts);
}
