import type { AbstainReason, Judgement, ModelIdentity } from '../protocol/judgement.ts';

/** The judgement of a model that could not judge: nothing was covered, nothing is claimed. */
export function abstention(reason: AbstainReason, summary: string, model: ModelIdentity): Judgement {
  return {
    vote: 'abstain',
    abstainReason: reason,
    confidence: 0.5,
    complete: false,
    summary,
    findings: [],
    coverage: { filesTotal: 0, filesJudged: 0, linesTotal: 0, linesJudged: 0, omitted: [] },
    model,
  };
}
