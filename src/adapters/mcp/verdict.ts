import { z } from 'zod';
import { agreementOf } from '../../protocol/agreement.ts';
import type { ConsensusResult } from '../../protocol/consensus-result.ts';

/** What an agent is told of a decided task: the verdict and what stands behind it, without the certificate's bytes. */
export const verdictSchema = z.object({
  taskId: z.string(),
  outcome: z.string(),
  reason: z.string().optional(),
  approved: z.boolean(),
  confidence: z.number(),
  score: z.number().optional(),
  decidedAt: z.string(),
  /** Validators that signed. */
  signers: z.number(),
  judgements: z.array(
    z.object({
      validator: z.string(),
      vote: z.string(),
      abstainReason: z.string().optional(),
      confidence: z.number(),
      model: z.string(),
      family: z.string(),
      summary: z.string().optional(),
    }),
  ),
  findings: z.array(
    z.object({
      severity: z.string(),
      category: z.string(),
      file: z.string(),
      line: z.number(),
      rules: z.array(z.string()),
      quote: z.string(),
      message: z.string(),
      suggestion: z.string().optional(),
      /** Validators that found it, of those whose reports are at hand. */
      agreement: z.object({ found: z.number(), of: z.number() }),
    }),
  ),
});
export type Verdict = z.infer<typeof verdictSchema>;

/** Enough for an agent to act on; the whole list is in the result itself. */
const FINDINGS_SHOWN_MAX = 50;

export function verdictOf(result: ConsensusResult): Verdict {
  const { taskId, outcome, reason, approved, confidence, score, decidedAt } = result;
  return {
    taskId,
    outcome,
    ...(reason === undefined ? {} : { reason }),
    approved,
    confidence,
    ...(score === undefined ? {} : { score }),
    decidedAt,
    signers: result.validators.length,
    judgements: (result.judgements ?? []).map(
      ({ validator, vote, abstainReason, confidence: sure, model, report }) => ({
        validator,
        vote,
        ...(abstainReason === undefined ? {} : { abstainReason }),
        confidence: sure,
        model: model.id,
        family: model.family,
        ...(report === undefined ? {} : { summary: report.summary }),
      }),
    ),
    findings: findingsOf(result),
  };
}

function findingsOf({ findings, judgements = [] }: ConsensusResult): Verdict['findings'] {
  const agreed = findings ?? agreementOf(judgements).findings;
  return agreed.slice(0, FINDINGS_SHOWN_MAX).map(({ validators: _, suggestion, ...finding }) => ({
    ...finding,
    ...(suggestion === undefined ? {} : { suggestion }),
  }));
}
