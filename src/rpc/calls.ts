import { z } from 'zod';
import type { Logger } from '../engine/ports.ts';
import { type Access, assertAccess } from './access.ts';
import type { NodeApi } from './api.ts';
import { internalDetail, isInternal, type RpcError, rpcFailure, toRpcError } from './errors.ts';
import { BATCH_ANSWER_BYTES_MAX, BATCH_CALLS_MAX, ID_CHARS_MAX, WAITS_RETRY_SECONDS } from './limits.ts';
import type { CallContext } from './method.ts';
import { methodOf } from './methods.ts';
import { parseParams, queryParams } from './params.ts';
import { type RateLimiter, tooMany } from './rate.ts';

/** Who calls. */
export interface Caller {
  access: Access;
  /** Of the connection; rates are counted by it. */
  address: string;
  signal: AbortSignal;
}

export interface CallsOptions {
  api: NodeApi;
  logger: Logger;
  rate: RateLimiter;
  /** Waits for results at once, over all callers. */
  waitsMax: number;
}

/** An answer's text, and its error where it is one alone. */
export interface Answer {
  text: string;
  error?: RpcError;
}

const idSchema = z.union([z.string().max(ID_CHARS_MAX), z.number(), z.null()]);
const requestSchema = z.strictObject({
  jsonrpc: z.literal('2.0'),
  method: z.string(),
  params: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]).optional(),
  id: idSchema.optional(),
});
type Id = z.infer<typeof idSchema>;

/** JSON-RPC 2.0 over the table of methods; knows nothing of HTTP. */
export class Calls {
  readonly #options: CallsOptions;
  #waits = 0;

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** Answers a body that was parsed: a request or a batch. Undefined if nothing is to be said (notifications only). */
  async answer(request: unknown, caller: Caller): Promise<Answer | undefined> {
    return Array.isArray(request) ? this.#answerBatch(request, caller) : this.#answerOne(request, caller);
  }

  /** Answers a GET of a method that reads. */
  async answerQuery(name: string, query: URLSearchParams, caller: Caller): Promise<Answer> {
    return this.#answering(null, async () => {
      const method = methodOf(name);
      if (method.access !== 'read') throw rpcFailure('METHOD_NOT_ALLOWED', `${name} is no reading method: use POST`);
      return this.#call(name, queryParams(method, query), caller);
    });
  }

  async #answerBatch(requests: unknown[], caller: Caller): Promise<Answer | undefined> {
    if (requests.length === 0 || requests.length > BATCH_CALLS_MAX) {
      const message = `a batch holds from 1 to ${BATCH_CALLS_MAX} requests, this one ${requests.length}`;
      return this.#answering(null, async () => Promise.reject(rpcFailure('INVALID_REQUEST', message)));
    }
    const answers: string[] = [];
    let bytes = 0;
    for (const request of requests) {
      const answer =
        bytes < BATCH_ANSWER_BYTES_MAX ? await this.#answerOne(request, caller) : await this.#tooMuch(request);
      if (answer === undefined) continue;
      bytes += answer.text.length;
      answers.push(answer.text);
    }
    return answers.length === 0 ? undefined : { text: `[${answers.join(',')}]` };
  }

  #tooMuch(request: unknown): Promise<Answer> {
    const refusal = rpcFailure(
      'ANSWER_TOO_LARGE',
      'the answers to this batch are too large: ask for the rest in another',
    );
    return this.#answering(idOf(request), () => Promise.reject(refusal));
  }

  async #answerOne(request: unknown, caller: Caller): Promise<Answer | undefined> {
    const parsed = requestSchema.safeParse(request);
    if (!parsed.success) {
      const message = 'not a JSON-RPC 2.0 request: give jsonrpc "2.0", method, params and id';
      return this.#answering(idOf(request), () => Promise.reject(rpcFailure('INVALID_REQUEST', message)));
    }
    const { method, params, id } = parsed.data;
    const answer = await this.#answering(id ?? null, () => this.#call(method, byName(params), caller));
    return id === undefined ? undefined : answer;
  }

  async #call(name: string, params: unknown, caller: Caller): Promise<unknown> {
    this.#options.rate.assert(caller.address);
    const method = methodOf(name);
    assertAccess(caller.access, method.access);
    const context: CallContext = { signal: caller.signal, waiting: (wait) => this.#waiting(wait) };
    return method.call(this.#options.api, parseParams(method, params), context);
  }

  async #waiting<T>(wait: () => Promise<T>): Promise<T> {
    if (this.#waits >= this.#options.waitsMax) {
      throw tooMany(`${this.#waits} calls wait for results already: poll pheme_getResult`, WAITS_RETRY_SECONDS);
    }
    this.#waits++;
    try {
      return await wait();
    } finally {
      this.#waits--;
    }
  }

  async #answering(id: Id, call: () => Promise<unknown>): Promise<Answer> {
    try {
      const result = (await call()) ?? null;
      return { text: JSON.stringify({ jsonrpc: '2.0', id, result }) };
    } catch (failure) {
      if (isInternal(failure)) this.#options.logger.error({ error: internalDetail(failure) }, 'a call failed');
      const error = toRpcError(failure);
      return { text: JSON.stringify({ jsonrpc: '2.0', id, error }), error };
    }
  }
}

function idOf(request: unknown): Id {
  const id = typeof request === 'object' && request !== null && 'id' in request ? request.id : null;
  return idSchema.safeParse(id).data ?? null;
}

function byName(params: unknown): unknown {
  // An empty list and no parameters mean the same; lists of values are refused by the method's own check.
  return Array.isArray(params) && params.length === 0 ? undefined : params;
}
