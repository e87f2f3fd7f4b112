import { z } from 'zod';
import { ValidationError } from '../protocol/errors.ts';
import type { MethodName, ParamsOf, ResultOf } from './methods.ts';
import { parseStrictJson } from './strict-json.ts';

/** The largest answers are results with the reports of a whole committee. */
const ANSWER_BYTES_MAX = 256 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

export interface RpcClientOptions {
  /** E.g. `http://127.0.0.1:7436`. */
  url: string;
  /** Sent with every call, if given. */
  token?: string | undefined;
  /** For one call, until its whole answer is here. */
  timeoutMs?: number;
  answerBytesMax?: number;
}

interface CallOptions {
  signal?: AbortSignal | undefined;
  timeoutMs?: number;
}

/** A JSON-RPC client of one node. What it returns has the form of JSON-RPC and is otherwise the node's word. */
export interface RpcClient {
  readonly url: string;
  /**
   * @throws ValidationError UNREACHABLE, TIMEOUT, BAD_ANSWER, or the node's own code, e.g. UNAUTHORIZED;
   * the signal's reason if it is aborted
   */
  call<Name extends MethodName>(name: Name, params: ParamsOf<Name>, options?: CallOptions): Promise<ResultOf<Name>>;
}

const CODE = /^[A-Z][A-Z_]{0,63}$/;
const answerSchema = z.object({
  jsonrpc: z.literal('2.0'),
  result: z.unknown().optional(),
  error: z
    .object({ code: z.number(), message: z.string(), data: z.looseObject({ code: z.string().regex(CODE) }).optional() })
    .optional(),
});

/** @throws ValidationError INVALID_URL */
export function createRpcClient({
  url,
  token,
  timeoutMs = TIMEOUT_MS,
  answerBytesMax = ANSWER_BYTES_MAX,
}: RpcClientOptions): RpcClient {
  const endpoint = endpointOf(url);
  let nextId = 1;
  return {
    url: endpoint.href,
    async call(name, params, options = {}) {
      const body = JSON.stringify({ jsonrpc: '2.0', id: nextId++, method: name, params });
      const limitMs = options.timeoutMs ?? timeoutMs;
      const timeout = AbortSignal.timeout(limitMs);
      const signal = options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]);
      try {
        const text = await post(endpoint, { body, token, signal, answerBytesMax });
        return resultOf(text) as ResultOf<typeof name>;
      } catch (error) {
        options.signal?.throwIfAborted();
        if (error instanceof ValidationError) throw error;
        throw failureOf(error as Error, endpoint, limitMs);
      }
    },
  };
}

function endpointOf(url: string): URL {
  const endpoint = URL.parse(url);
  if (endpoint !== null && /^https?:$/.test(endpoint.protocol) && endpoint.username === '' && endpoint.password === '')
    return endpoint;
  throw new ValidationError(
    'the RPC address must be an http or https URL without a password, e.g. http://127.0.0.1:7436',
    'INVALID_URL',
  );
}

interface Post {
  body: string;
  token: string | undefined;
  signal: AbortSignal;
  answerBytesMax: number;
}

async function post(endpoint: URL, { body, token, signal, answerBytesMax }: Post): Promise<string> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const headers = { 'content-type': 'application/json', ...authorization };
  // A redirect could carry the token elsewhere.
  const response = await fetch(endpoint, { method: 'POST', headers, body, signal, redirect: 'error' });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > answerBytesMax) throw badAnswer(`is over ${answerBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function resultOf(text: string): unknown {
  const parsed = answerSchema.safeParse(parseAnswer(text));
  if (!parsed.success) throw badAnswer('is not JSON-RPC 2.0');
  const { error, result } = parsed.data;
  if (error === undefined) return result ?? null;
  const { code = 'RPC_ERROR', ...details } = error.data ?? {};
  throw new ValidationError(error.message, code, { ...details, rpcCode: error.code });
}

function parseAnswer(text: string): unknown {
  try {
    return parseStrictJson(text);
  } catch (error) {
    throw badAnswer(`cannot be read (${(error as Error).message})`);
  }
}

function badAnswer(what: string): ValidationError {
  return new ValidationError(`the answer ${what}: is this the RPC of a pheme node?`, 'BAD_ANSWER');
}

function failureOf(error: Error, endpoint: URL, limitMs: number): ValidationError {
  const details = { url: endpoint.href };
  if (error.name === 'TimeoutError') {
    return new ValidationError(`${endpoint.href} did not answer within ${limitMs} ms`, 'TIMEOUT', details, error);
  }
  const cause = (error.cause as NodeJS.ErrnoException | undefined)?.code ?? error.message;
  const remedy = 'is the node running (pheme start), and is this its --rpc address?';
  return new ValidationError(`${endpoint.href} cannot be reached (${cause}): ${remedy}`, 'UNREACHABLE', details, error);
}
