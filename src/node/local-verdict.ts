import type { Judgement } from '../protocol/judgement.ts';
import type { LocalVerdict } from '../rpc/api.ts';

/** What a model said, as `pheme judge` and the playground show it. An approval of a part is none. */
export function localVerdictOf(judgement: Judgement, taskId: string): LocalVerdict {
  const { vote, abstainReason, confidence, score, findings, feedback, summary, coverage, model, complete, usage } =
    judgement;
  return {
    taskId,
    approved: vote === 'approve' && complete,
    confidence,
    ...(score === undefined ? {} : { score }),
    findings,
    ...(feedback === undefined ? {} : { feedback }),
    summary,
    coverage,
    model,
    ...(usage === undefined ? {} : { usage }),
    ...errorOf(vote === 'abstain' ? abstainReason : vote === 'approve' && !complete ? 'incomplete' : undefined),
  };
}

function errorOf(reason: string | undefined): Pick<LocalVerdict, 'error'> {
  return reason === undefined ? {} : { error: { code: reason, message: `the model gave no verdict: ${reason}` } };
}
