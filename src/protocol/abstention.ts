import type { AbstainReason, Judgement, ModelIdentity } from './judgement.ts';

const NO_MODEL: ModelIdentity = { id: 'none', family: 'none' };

/** The judgement of a validator whose model gave none: nothing was covered, nothing is claimed. */
export function abstention(reason: AbstainReason, summary: string, model = NO_MODEL): Judgement {
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
