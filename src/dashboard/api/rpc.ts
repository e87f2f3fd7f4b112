import type { MethodName, ParamsOf, ResultOf } from '../../rpc/methods.ts';

/** A refusal in the node's own words. */
export class CallFailure extends Error {
  /** The `data.code` of the answer, or UNREACHABLE. */
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

interface Answer {
  id: number;
  result?: unknown;
  error?: { message: string; data?: { code?: string } };
}

/** Calls of this page's node. */
export interface Rpc {
  /** @throws CallFailure, or the signal's reason */
  call<Name extends MethodName>(name: Name, params: ParamsOf<Name>, signal?: AbortSignal): Promise<ResultOf<Name>>;
  /** The same method many times in one request; what failed is null. @throws CallFailure */
  many<Name extends MethodName>(name: Name, params: ParamsOf<Name>[]): Promise<(ResultOf<Name> | null)[]>;
}

/** Calls in one request: below the node's bound. */
const BATCH_CALLS = 25;

/** @param token of the node, or null: reads on loopback need none */
export function createRpc(token: () => string | null): Rpc {
  const post = async (body: unknown, signal?: AbortSignal): Promise<unknown> => {
    const headers = { 'content-type': 'application/json', ...authorization(token()) };
    const request = {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    };
    try {
      const response = await fetch('/', request);
      return await response.json();
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new CallFailure('The node does not answer: is it running?', 'UNREACHABLE');
    }
  };
  return {
    async call(name, params, signal) {
      return resultOf((await post({ jsonrpc: '2.0', id: 1, method: name, params }, signal)) as Answer) as never;
    },
    async many(name, params) {
      const results: unknown[] = [];
      for (let start = 0; start < params.length; start += BATCH_CALLS) {
        const part = params.slice(start, start + BATCH_CALLS);
        const answers = await post(part.map((one, at) => ({ jsonrpc: '2.0', id: at, method: name, params: one })));
        if (!Array.isArray(answers)) resultOf(answers as Answer);
        const byId = new Map((answers as Answer[]).map((answer) => [answer.id, answer.result ?? null]));
        results.push(...part.map((_, at) => byId.get(at) ?? null));
      }
      return results as never;
    },
  };
}

export function authorization(token: string | null): Record<string, string> {
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

function resultOf({ result, error }: Answer): unknown {
  if (error !== undefined) throw new CallFailure(error.message, error.data?.code ?? 'INTERNAL');
  return result;
}
