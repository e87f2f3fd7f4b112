import type { Usage } from '../../protocol/judgement.ts';
import type { ModelSettings } from '../settings.ts';
import { USAGE_TOKENS_MAX } from './limits.ts';

/** What an endpoint says that one answer used, and what that costs. The endpoint's word is all there is to know it. */
export function usageOf(
  told: { prompt_tokens?: unknown; completion_tokens?: unknown } | null | undefined,
  { promptCostMicros = 0, completionCostMicros = 0 }: ModelSettings,
): Usage {
  const promptTokens = tokens(told?.prompt_tokens);
  const completionTokens = tokens(told?.completion_tokens);
  const costMicros = Math.ceil((promptTokens * promptCostMicros + completionTokens * completionCostMicros) / 1000);
  return { promptTokens, completionTokens, costMicros };
}

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    promptTokens: a.promptTokens + b.promptTokens,
    completionTokens: a.completionTokens + b.completionTokens,
    costMicros: a.costMicros + b.costMicros,
  };
}

function tokens(value: unknown): number {
  return Number.isSafeInteger(value) ? Math.min(USAGE_TOKENS_MAX, Math.max(0, value as number)) : 0;
}
