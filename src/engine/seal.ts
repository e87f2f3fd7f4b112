import type { Judgement } from '../protocol/judgement.ts';
import { IDENTIFIER_CHARS_MAX } from '../protocol/limits.ts';
import { probabilityToPpm } from '../protocol/ppm.ts';
import { coverageDigestOf, decodeReport, encodeReport, type Report, reportDigestOf } from '../protocol/report.ts';
import type { ValidationResult } from '../protocol/validation-result.ts';

/** A judgement as it will be signed, and the report that it binds. */
export interface SealedJudgement {
  result: ValidationResult;
  reportBytes: Uint8Array;
}

/** Turns what a model said into what is signed: integers and digests, bounded. The only place where floats end. */
export function sealJudgement(judgement: Judgement, judgedAtSeconds: number): SealedJudgement {
  const reportBytes = encodeBounded(judgement);
  const { vote, abstainReason, confidence, score, complete, model, promptDigest } = judgement;
  const result: ValidationResult = {
    vote,
    abstainReason: vote === 'abstain' ? (abstainReason ?? 'model_error') : null,
    confidencePpm: probabilityToPpm(confidence),
    scorePpm: score === undefined ? null : probabilityToPpm(score),
    complete,
    coverageDigest: coverageDigestOf(decodeReport(reportBytes).coverage),
    reportDigest: reportDigestOf(reportBytes),
    modelId: identifier(model.id),
    modelFamily: identifier(model.family),
    modelDigest: model.digest ?? null,
    promptDigest: promptDigest ?? null,
    judgedAtSeconds,
  };
  return { result, reportBytes };
}

/** A report over its limit loses its last findings until it fits; the verdict stands without them. */
function encodeBounded({ summary, findings, coverage, feedback, level, usage }: Judgement): Uint8Array {
  const report: Report = { summary, findings, coverage };
  if (feedback !== undefined) report.feedback = feedback;
  if (level !== undefined) report.level = level;
  if (usage !== undefined) report.usage = usage;
  for (let kept = findings.length; ; kept = Math.floor(kept / 2)) {
    try {
      return encodeReport({ ...report, findings: findings.slice(0, kept) });
    } catch (error) {
      if (kept === 0) throw error;
    }
  }
}

function identifier(text: string): string {
  return text.slice(0, IDENTIFIER_CHARS_MAX).toWellFormed();
}
