import { setTimeout as delay } from 'node:timers/promises';
import OpenAI, { APIError } from 'openai';
import type { ChatCompletion, ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import { MAX_TOKENS_DEFAULT, type ModelSettings, TEMPERATURE_DEFAULT, TOP_P_DEFAULT } from '../settings.ts';
import { boundedFetch } from './bounded-fetch.ts';
import type { Budget } from './budget.ts';
import { backOffMs, isTooLong, isTransient, retryAfterMs, told } from './failures.ts';
import { REQUEST_ATTEMPTS_MAX, REQUEST_MS_MIN, RETRY_AFTER_MS_MAX } from './limits.ts';

/** A message of the conversation with a model. */
export interface Message {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** What an endpoint understands. */
interface Dialect {
  readonly format: 'json_schema' | 'json_object' | 'plain';
  readonly tokensField: 'max_tokens' | 'max_completion_tokens';
  readonly sampling: boolean;
}

/** One OpenAI-compatible chat endpoint with capped retries and bounded answers. */
export class Endpoint {
  readonly #client: OpenAI;
  readonly #settings: ModelSettings;
  readonly #model: string;
  /** Learned from refusals, and kept once a simpler request was answered: a refusal may be the task's fault. */
  #dialect: Dialect = { format: 'json_schema', tokensField: 'max_tokens', sampling: true };

  constructor(model: string, settings: ModelSettings) {
    this.#model = model;
    this.#settings = settings;
    this.#client = new OpenAI({
      apiKey: settings.apiKey ?? 'none',
      baseURL: settings.endpoint ?? 'https://api.openai.com/v1',
      organization: null,
      project: null,
      maxRetries: 0, // retried here, within the budget
      logLevel: 'off',
      fetch: boundedFetch,
    });
  }

  /**
   * Asks once, with retries after overload and broken connections while the budget lasts: no wait begins that would
   * outlast it, so that what is left of it can go to another model.
   * @throws the budget's reason, or the endpoint's last error
   */
  async complete(messages: Message[], schema: Record<string, unknown>, budget: Budget): Promise<ChatCompletion> {
    const { signal } = budget;
    let dialect = this.#dialect;
    for (let attempt = 1; ; ) {
      signal.throwIfAborted();
      try {
        const completion = await this.#client.chat.completions.create(this.#parameters(messages, schema, dialect), {
          signal,
        });
        this.#dialect = dialect;
        return completion;
      } catch (error) {
        signal.throwIfAborted();
        const simpler = simplified(dialect, error);
        if (simpler !== undefined) {
          dialect = simpler;
          continue;
        }
        if (attempt >= REQUEST_ATTEMPTS_MAX || !isTransient(error)) throw error;
        const waitMs = retryAfterMs(error) ?? backOffMs(attempt);
        if (waitMs > RETRY_AFTER_MS_MAX || waitMs + REQUEST_MS_MIN > budget.remainingMs()) throw error;
        await delay(waitMs, undefined, { signal });
        attempt++;
      }
    }
  }

  #parameters(
    messages: Message[],
    schema: Record<string, unknown>,
    { format, tokensField, sampling }: Dialect,
  ): ChatCompletionCreateParamsNonStreaming {
    const { temperature = TEMPERATURE_DEFAULT, topP = TOP_P_DEFAULT, maxTokens = MAX_TOKENS_DEFAULT } = this.#settings;
    const structured = { type: 'json_schema', json_schema: { name: 'judgement', strict: true, schema } } as const;
    const hint: Message = { role: 'system', content: `JSON schema of the answer: ${JSON.stringify(schema)}` };
    return {
      model: this.#model,
      messages: format === 'json_schema' ? messages : [hint, ...messages],
      [tokensField]: maxTokens,
      ...(sampling ? { temperature, top_p: topP } : {}),
      ...(format === 'json_schema' ? { response_format: structured } : {}),
      ...(format === 'json_object' ? { response_format: { type: 'json_object' } } : {}),
    };
  }
}

/** After a refusal of the request's form, a way to ask for less; undefined when nothing is left to leave out. */
function simplified(dialect: Dialect, error: unknown): Dialect | undefined {
  if (!(error instanceof APIError) || (error.status !== 400 && error.status !== 422) || isTooLong(error))
    return undefined;
  const words = told(error);
  if (/max_completion_tokens/.test(words) && dialect.tokensField === 'max_tokens')
    return { ...dialect, tokensField: 'max_completion_tokens' };
  if (/temperature|top_p/.test(words) && dialect.sampling) return { ...dialect, sampling: false };
  if (dialect.format === 'json_schema') return { ...dialect, format: 'json_object' };
  return dialect.format === 'json_object' ? { ...dialect, format: 'plain' } : undefined;
}
