import { z } from 'zod';
import type { ModelSettings } from '../../config/models.ts';
import { createMockCodeReviewTask } from '../../models/mock-task.ts';
import { boundedFetch } from '../../models/openai/bounded-fetch.ts';
import { CONTEXT_CHARS_DEFAULT } from '../../models/openai/limits.ts';
import type { Judgement } from '../../protocol/judgement.ts';
import type { Facts } from './facts.ts';
import { type Finding, failure, failureOf, ok, warning } from './finding.ts';
import { damagedWeights } from './weights.ts';

const OPENAI_URL = 'https://api.openai.com/v1';
const LIST_TIMEOUT_MS = 10_000;
/** Code and diffs have about three characters a token; instructions and schema take about a thousand. */
const CHARS_PER_TOKEN = 3;
const INSTRUCTION_TOKENS = 1000;
/** What the one question of the doctor costs: instructions, schema, a small diff, a short answer. */
const QUESTION_TOKENS = 1500;
const NAMES_SHOWN_MAX = 8;

export async function checkModels(facts: Facts): Promise<Finding[]> {
  const findings = [await weightsFinding()];
  if (facts.config.value === undefined || facts.offline) return findings;
  for (const [name, settings] of Object.entries(facts.config.value.config.models)) {
    if (settings.provider === 'openai') findings.push(...(await checkEndpoint(facts, name, settings)));
  }
  return findings;
}

async function weightsFinding(): Promise<Finding> {
  const damaged = await damagedWeights();
  if (damaged.length === 0) return ok('embedded models', 'all weights are those of this version');
  return failure('embedded models', `damaged or changed: ${damaged.join(', ')}`, 'install pheme again');
}

async function checkEndpoint(facts: Facts, name: string, settings: ModelSettings): Promise<Finding[]> {
  const check = `model ${name}`;
  const endpoint = settings.endpoint ?? OPENAI_URL;
  const listed = await listModels(endpoint, settings.apiKey, facts.signal);
  if (listed.fault !== undefined) return [failure(check, listed.fault, listed.remedy)];
  const wanted = settings.model ?? name;
  const known = listed.models?.find(({ id }) => id === wanted);
  if (listed.models !== undefined && known === undefined) {
    const others = listed.models.map(({ id }) => id).slice(0, NAMES_SHOWN_MAX);
    const remedy = `set models.${name}.model to one that it has: ${others.join(', ') || 'none'}; or load ${wanted} there`;
    return [failure(check, `${endpoint} does not know ${wanted}`, remedy)];
  }
  return [
    ok(check, `${endpoint} answers${known === undefined ? ' (it lists no models)' : ` and knows ${wanted}`}`),
    contextFinding(name, settings, known === undefined ? undefined : contextTokensOf(known)),
    await obedienceFinding(facts, name, settings),
  ];
}

const listSchema = z.object({ data: z.array(z.looseObject({ id: z.string() })).max(100_000) });
type Listed = z.output<typeof listSchema>['data'][number];
type Listing = { models?: Listed[]; fault?: undefined } | { fault: string; remedy: string };

async function listModels(endpoint: string, apiKey: string | undefined, signal: AbortSignal): Promise<Listing> {
  const url = `${endpoint.replace(/\/+$/, '')}/models`;
  const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LIST_TIMEOUT_MS)]);
  try {
    const response = await boundedFetch(url, { headers, signal: limit });
    if (response.status === 401 || response.status === 403)
      return {
        fault: `${endpoint} refuses the key (HTTP ${response.status})`,
        remedy: 'set another OPENAI_API_KEY, or apiKey of this model',
      };
    if (response.status >= 500)
      return { fault: `${endpoint} fails (HTTP ${response.status})`, remedy: 'look at the logs of the model server' };
    const parsed = response.ok ? listSchema.safeParse(await response.json().catch(() => undefined)) : undefined;
    await response.body?.cancel().catch(() => undefined);
    return parsed?.success ? { models: parsed.data.data } : {};
  } catch (error) {
    signal.throwIfAborted();
    const { name, message, cause } = error as Error & { cause?: NodeJS.ErrnoException };
    const reason = name === 'TimeoutError' ? `no answer within ${LIST_TIMEOUT_MS / 1000} s` : (cause?.code ?? message);
    return {
      fault: `${endpoint} cannot be reached (${reason})`,
      remedy: 'start the model server, or correct MODEL_ENDPOINT or the endpoint of this model',
    };
  }
}

/** Servers name it differently; the standard does not know it. */
const CONTEXT_FIELDS = ['max_model_len', 'context_length', 'context_window', 'max_context_length'] as const;

function contextTokensOf(model: Listed): number | undefined {
  const meta = typeof model['meta'] === 'object' && model['meta'] !== null ? model['meta'] : {};
  const values = [...CONTEXT_FIELDS.map((field) => model[field]), (meta as Record<string, unknown>)['n_ctx']];
  return values.find((value): value is number => Number.isSafeInteger(value) && (value as number) > 0);
}

/** @param contextTokens undefined where the endpoint does not tell */
export function contextFinding(name: string, settings: ModelSettings, contextTokens: number | undefined): Finding {
  const check = `context of ${name}`;
  if (contextTokens === undefined) return ok(check, 'the endpoint does not tell how much it holds');
  const chars = settings.contextCharsMax ?? CONTEXT_CHARS_DEFAULT;
  const needed = Math.ceil(chars / CHARS_PER_TOKEN) + settings.maxTokens + INSTRUCTION_TOKENS;
  const found = `${contextTokens} tokens; a part of ${chars} characters needs about ${needed}`;
  if (contextTokens >= needed) return ok(check, found);
  const fitting = (contextTokens - settings.maxTokens - INSTRUCTION_TOKENS) * CHARS_PER_TOKEN;
  if (fitting < 1000)
    return failure(check, found, `load the model with a longer context, or set models.${name}.maxTokens lower`);
  return warning(check, found, `set models.${name}.contextCharsMax to ${fitting}, or load it with a longer context`);
}

/** One small review, asked and read as the node does. */
async function obedienceFinding({ onCost, signal }: Facts, name: string, settings: ModelSettings): Promise<Finding> {
  const check = `answers of ${name}`;
  onCost?.(
    `asking ${name} one small question: about ${QUESTION_TOKENS} tokens${costText(settings)} (--offline leaves it out)`,
  );
  const { createOpenAiModel } = await import('../../models/openai.ts');
  const startedMs = performance.now();
  try {
    const judgement = await createOpenAiModel(name, settings).predict(createMockCodeReviewTask(), { signal });
    return answerFinding(check, judgement, performance.now() - startedMs, name);
  } catch (error) {
    signal.throwIfAborted();
    return failureOf(check, error);
  }
}

function costText({ promptCostMicros, completionCostMicros }: ModelSettings): string {
  const micros = Math.max(promptCostMicros ?? 0, completionCostMicros ?? 0);
  return micros === 0 ? '' : `, at most ${((micros * QUESTION_TOKENS) / 1000 / 1e6).toFixed(4)}`;
}

const REMEDIES: Readonly<Record<string, string>> = {
  unreadable_reply: 'use a model or server with structured output (json_schema), or a larger model',
  refused: 'use another model: this one declines ordinary reviews',
  timeout: "use a faster model or server, or raise timeoutMs of this model within the network's judging budget",
  too_large: 'load the model with a longer context, or lower contextCharsMax of this model',
};

function answerFinding(check: string, judgement: Judgement, tookMs: number, name: string): Finding {
  const { vote, abstainReason, summary, usage } = judgement;
  const took = `in ${(tookMs / 1000).toFixed(1)} s`;
  const used = usage === undefined ? '' : `, ${usage.promptTokens} + ${usage.completionTokens} tokens`;
  if (vote !== 'abstain') return ok(check, `keeps to the form of answers, ${took}${used}`);
  if (abstainReason === 'low_confidence' || abstainReason === 'incomplete')
    return ok(check, `keeps to the form of answers (abstains: ${abstainReason}), ${took}${used}`);
  return failure(
    check,
    `no usable answer ${took} (${abstainReason}): ${summary}`,
    REMEDIES[abstainReason ?? ''] ?? `look at the logs of the model server, and at the settings of models.${name}`,
  );
}
