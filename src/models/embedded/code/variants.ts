import { commonEvidence, flowEvidence, securityLineEvidence } from './evidence.ts';
import { type CodeContext, type CodeOpinion, startingOdds } from './verdict.ts';

/** Patterns on single lines and statements; follows no value. */
export function reviewByRules(context: CodeContext): CodeOpinion {
  const evidence = context.sources.flatMap((source) => [
    ...securityLineEvidence(source),
    ...flowEvidence(source, false),
    ...commonEvidence(source),
  ]);
  return { evidence, logOdds: startingOdds(context) };
}

/** Follows values from where they enter to where they do harm; knows no list of bad calls. */
export function reviewByFlow(context: CodeContext): CodeOpinion {
  const evidence = context.sources.flatMap((source) => [...flowEvidence(source, true), ...commonEvidence(source)]);
  return { evidence, logOdds: startingOdds(context) };
}
