import { setTimeout as delay } from 'node:timers/promises';
import OpenAI, { APIConnectionError, APIError } from 'openai';
import type { ChatCompletion, ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import { MAX_TOKENS_DEFAULT, type ModelSettings, TEMPERATURE_DEFAULT, TOP_P_DEFAULT } from '../settings.ts';
import { boundedFetch, Redirected, ResponseTooLarge } from './bounded-fetch.ts';
import { REQUEST_ATTEMPTS_MAX, RETRY_BASE_MS } from './limits.ts';

/** A message of the conversation with a model. */
export interface Message {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** What an endpoint understands; learned from its refusals and kept. */
interface Dialect {
  format: 'json_schema' | 'json_object' | 'plain';
  tokensField: 'max_tokens' | 'max_completion_tokens';
  sampling: boolean;
}

/** One OpenAI-compatible chat endpoint with capped retries and bounded answers. */
export class Endpoint {
  readonly #client: OpenAI;
  readonly #settings: ModelSettings;
  readonly #model: string;
  readonly #dialect: Dialect = { format: 'json_schema', tokensField: 'max_tokens', sampling: true };

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
   * Asks once, with retries after overload and broken connections while `signal` allows.
   * @throws the signal's reason, or the endpoint's last error
   */
  async complete(messages: Message[], schema: Record<string, unknown>, signal: AbortSignal): Promise<ChatCompletion> {
    for (let attempt = 1; ; ) {
      signal.throwIfAborted();
      try {
        return await this.#client.chat.completions.create(this.#parameters(messages, schema), { signal });
      } catch (error) {
        signal.throwIfAborted();
        if (this.#simplify(error)) continue;
        if (attempt >= REQUEST_ATTEMPTS_MAX || !isTransient(error)) throw error;
        await delay(waitOf(error, attempt), undefined, { signal });
        attempt++;
      }
    }
  }

  #parameters(messages: Message[], schema: Record<string, unknown>): ChatCompletionCreateParamsNonStreaming {
    const { format, tokensField, sampling } = this.#dialect;
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

  /** After a refusal of the request's form, asks for less; false when nothing is left to leave out. */
  #simplify(error: unknown): boolean {
    if (!(error instanceof APIError) || (error.status !== 400 && error.status !== 422)) return false;
    const told = `${error.param ?? ''} ${error.message}`;
    if (/max_completion_tokens/.test(told) && this.#dialect.tokensField === 'max_tokens')
      this.#dialect.tokensField = 'max_completion_tokens';
    else if (/temperature|top_p/.test(told) && this.#dialect.sampling) this.#dialect.sampling = false;
    else if (this.#dialect.format === 'json_schema') this.#dialect.format = 'json_object';
    else if (this.#dialect.format === 'json_object') this.#dialect.format = 'plain';
    else return false;
    return true;
  }
}

function isTransient(error: unknown): boolean {
  if (error instanceof APIConnectionError) return !causedBy(error, Redirected) && !causedBy(error, ResponseTooLarge);
  return (
    error instanceof APIError &&
    (error.status === 408 || error.status === 409 || error.status === 429 || (error.status ?? 0) >= 500)
  );
}

function causedBy(error: unknown, kind: new (...args: never[]) => Error): boolean {
  let cause: unknown = error;
  for (let depth = 0; cause instanceof Error && depth < 5; depth++) {
    if (cause instanceof kind) return true;
    cause = (cause as Error).cause;
  }
  return false;
}

/** The endpoint's own wish, if it names one, else exponential back-off. The budget cuts either short. */
function waitOf(error: unknown, attempt: number): number {
  const told = error instanceof APIError ? error.headers?.get('retry-after') : undefined;
  const seconds = Number(told ?? Number.NaN);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds * 1000;
  const date = Date.parse(told ?? '');
  return Number.isFinite(date) ? Math.max(0, date - Date.now()) : RETRY_BASE_MS * 2 ** (attempt - 1);
}

/** What went wrong, without any text of the endpoint: it may quote the key or the task. */
export function describeFailure(error: unknown): string {
  if (causedBy(error, ResponseTooLarge)) return 'the endpoint sent more than an answer can hold';
  if (causedBy(error, Redirected)) return 'the endpoint redirects; configure its final address';
  if (error instanceof APIConnectionError) return 'the endpoint could not be reached';
  if (error instanceof APIError && error.status !== undefined) return `the endpoint answered ${error.status}`;
  return 'the endpoint sent something that is no answer';
}
