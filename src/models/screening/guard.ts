import type { Judgement } from '../../protocol/judgement.ts';
import { FINDINGS_MAX } from '../../protocol/limits.ts';
import type { Screening } from './screen.ts';

/**
 * What of a judgement stands after screening. Attempts to steer become findings, and an approval becomes an abstention,
 * whatever gave it: it may be the attempt's success. A rejection and an abstention stand as they are; nothing is raised.
 */
export function guarded(judgement: Judgement, { findings: attempts }: Pick<Screening, 'findings'>): Judgement {
  if (attempts.length === 0) return judgement;
  const findings = [...attempts, ...judgement.findings].slice(0, FINDINGS_MAX);
  const { file, line } = attempts[0]!;
  const note = `Text at ${file}:${line} tries to steer the judgement`;
  if (judgement.vote !== 'approve') return { ...judgement, findings, summary: `${judgement.summary} ${note}.` };
  const summary = `${note}, so that this approval does not count: ${judgement.summary}`;
  return { ...judgement, vote: 'abstain', abstainReason: 'low_confidence', confidence: 0.5, findings, summary };
}
