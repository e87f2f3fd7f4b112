import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { ValidationError } from '../protocol/errors.ts';
import { type EventQuery, followEvents } from './event-client.ts';
import type { RpcEvent } from './events.ts';
import { badAnswer, connectionFailure, type Endpoint, endpointOf, post } from './http-client.ts';
import { METHODS, type MethodName, type ParamsOf, type ResultOf } from './methods.ts';
import { parseStrictJson } from './strict-json.ts';

/** The largest answers are results with the reports of a whole committee. */
const ANSWER_BYTES_MAX = 256 * 1024 * 1024;
const TIMEOUT_MS = 30_000;
/** Calls that only read are asked this often in all, when the connection broke or the node was too busy. */
const ATTEMPTS_DEFAULT = 3;
const RETRY_MS = 200;
/** A node that wants a longer pause is not waited for: its answer goes to the caller. */
const RETRY_AFTER_SECONDS_MAX = 5;

export interface RpcClientOptions {
  /** E.g. `http://127.0.0.1:7436`. */
  url: string;
  /** Sent with every call, if given. */
  token?: string | undefined;
  /** For one call, until its whole answer is here. */
  timeoutMs?: number;
  answerBytesMax?: number;
  /** For calls that read; what writes is asked once, since it may have been done. 1: never again. */
  attempts?: number;
}

export interface CallOptions {
  signal?: AbortSignal | undefined;
  timeoutMs?: number;
}

/** One call of a batch. */
export type BatchCall = { [Name in MethodName]: { method: Name; params: ParamsOf<Name> } }[MethodName];
/** Answers in the order of the calls; a call that failed has its error. */
export type BatchAnswers<Calls extends readonly BatchCall[]> = {
  [At in keyof Calls]: { result: ResultOf<Calls[At]['method']> } | { error: ValidationError };
};

/** A JSON-RPC client of one node. What it returns has the form of JSON-RPC and is otherwise the node's word. */
export interface RpcClient {
  readonly url: string;
  /**
   * @throws ValidationError UNREACHABLE, TIMEOUT, BAD_ANSWER, or the node's own code, e.g. UNAUTHORIZED;
   * the signal's reason if it is aborted
   */
  call<Name extends MethodName>(name: Name, params: ParamsOf<Name>, options?: CallOptions): Promise<ResultOf<Name>>;
  /** Several calls in one request, at most {@link BATCH_CALLS_MAX}. @throws ValidationError as `call` does */
  batch<const Calls extends readonly BatchCall[]>(calls: Calls, options?: CallOptions): Promise<BatchAnswers<Calls>>;
  /**
   * What happens at the node, from now on or from an event's id on, over lost connections too. A `reset` says that
   * some events are gone.
   * @throws ValidationError with the node's own code if it refuses; the signal's reason if it is aborted
   */
  events(query?: EventQuery): AsyncGenerator<RpcEvent, void, void>;
}

const CODE = /^[A-Z][A-Z_]{0,63}$/;
const answerSchema = z.object({
  jsonrpc: z.literal('2.0'),
  id: z.unknown().optional(),
  result: z.unknown().optional(),
  error: z
    .object({ code: z.number(), message: z.string(), data: z.looseObject({ code: z.string().regex(CODE) }).optional() })
    .optional(),
});
type Answer = z.infer<typeof answerSchema>;

/** @throws ValidationError INVALID_URL */
export function createRpcClient(options: RpcClientOptions): RpcClient {
  const { timeoutMs = TIMEOUT_MS, answerBytesMax = ANSWER_BYTES_MAX, attempts = ATTEMPTS_DEFAULT } = options;
  const endpoint = endpointOf(options.url, options.token);
  let nextId = 1;
  const request = (name: MethodName, params: unknown) => ({ jsonrpc: '2.0', id: nextId++, method: name, params });
  const ask = async (body: unknown, { signal, timeoutMs: limitMs = timeoutMs }: CallOptions) =>
    postWithin(endpoint, { body: JSON.stringify(body), signal, limitMs, answerBytesMax });

  return {
    url: endpoint.url.href,

    call(name, params, callOptions = {}) {
      const times = METHODS[name].access === 'read' ? attempts : 1;
      const once = async () => resultOf(parsedAnswer(parseAnswer(await ask(request(name, params), callOptions))));
      return retried(once, times, callOptions.signal) as Promise<ResultOf<typeof name>>;
    },

    batch(calls, callOptions = {}) {
      const times = calls.every(({ method }) => METHODS[method].access === 'read') ? attempts : 1;
      const once = async () => {
        const requests = calls.map(({ method, params }) => request(method, params));
        const answers = parseAnswer(await ask(requests, callOptions));
        return batchAnswers(
          requests.map(({ id }) => id),
          answers,
        );
      };
      return retried(once, times, callOptions.signal) as Promise<BatchAnswers<typeof calls>>;
    },

    events: (query = {}) => followEvents(endpoint, query),
  };
}

interface TimedPost {
  body: string;
  signal: AbortSignal | undefined;
  limitMs: number;
  answerBytesMax: number;
}

async function postWithin(endpoint: Endpoint, { body, signal: given, limitMs, answerBytesMax }: TimedPost) {
  const timeout = AbortSignal.timeout(limitMs);
  const signal = given === undefined ? timeout : AbortSignal.any([given, timeout]);
  try {
    return await post(endpoint, { body, signal, answerBytesMax });
  } catch (error) {
    given?.throwIfAborted();
    if (error instanceof ValidationError) throw error;
    throw connectionFailure(error as Error, endpoint, limitMs);
  }
}

async function retried<T>(once: () => Promise<T>, attempts: number, signal: AbortSignal | undefined): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once();
    } catch (error) {
      const pauseMs = pauseAfter(error, attempt);
      if (attempt >= attempts || pauseMs === undefined) throw error;
      await delay(pauseMs, undefined, signal === undefined ? {} : { signal });
    }
  }
}

/** Milliseconds after which it is worth to ask again; undefined if it is not. */
function pauseAfter(error: unknown, attempt: number): number | undefined {
  if (!(error instanceof ValidationError)) return undefined;
  const { retryAfterSeconds, cause } = error.details;
  // Where nothing listens, nothing will in a moment.
  if (error.code === 'UNREACHABLE') return cause === 'ECONNREFUSED' ? undefined : RETRY_MS * 2 ** (attempt - 1);
  if (error.code !== 'TOO_MANY_REQUESTS' || typeof retryAfterSeconds !== 'number') return undefined;
  return retryAfterSeconds <= RETRY_AFTER_SECONDS_MAX ? retryAfterSeconds * 1000 : undefined;
}

function parsedAnswer(value: unknown): Answer {
  const parsed = answerSchema.safeParse(value);
  if (!parsed.success) throw badAnswer('is not JSON-RPC 2.0');
  return parsed.data;
}

/** @throws ValidationError with the node's code */
function resultOf({ error, result }: Answer): unknown {
  if (error === undefined) return result ?? null;
  const { code = 'RPC_ERROR', ...details } = error.data ?? {};
  throw new ValidationError(error.message, code, { ...details, rpcCode: error.code });
}

/** JSON-RPC lets a server answer in any order. */
function batchAnswers(ids: number[], value: unknown): ({ result: unknown } | { error: ValidationError })[] {
  if (!Array.isArray(value)) {
    resultOf(parsedAnswer(value)); // one error for the whole batch
    throw badAnswer('is not a batch');
  }
  const byId = new Map(value.map(parsedAnswer).map((answer) => [answer.id, answer]));
  return ids.map((id) => {
    const answer = byId.get(id);
    if (answer === undefined) throw badAnswer('leaves a call of the batch out');
    try {
      return { result: resultOf(answer) };
    } catch (error) {
      return { error: error as ValidationError };
    }
  });
}

function parseAnswer(text: string): unknown {
  try {
    return parseStrictJson(text);
  } catch (error) {
    throw badAnswer(`cannot be read (${(error as Error).message})`);
  }
}
