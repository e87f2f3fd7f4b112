import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from './calls.ts';
import { ERRORS, httpHeadersOf, httpStatusOf, type RpcError, rpcFailure } from './errors.ts';

/** @throws ValidationError INVALID_REQUEST */
export function targetOf({ url = '' }: IncomingMessage): { path: string; query: URLSearchParams } {
  // Only the origin form: the absolute form would carry a host of its own past the Host check.
  if (!url.startsWith('/')) throw rpcFailure('INVALID_REQUEST', 'the target must be a path');
  const [path = '', ...query] = url.split('?');
  return { path, query: new URLSearchParams(query.join('?')) };
}

/** Discarding a refused body this long lets its sender read the refusal; then the connection is cut. */
const DISCARD_MS = 1_000;

/** Serves the methods that a path takes; OPTIONS names them, and lets no page of another site in. */
export async function allow(
  request: IncomingMessage,
  response: ServerResponse,
  methods: readonly ('GET' | 'POST')[],
  serve: () => void | Promise<void>,
): Promise<void> {
  const names = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  const { method = '' } = request;
  if (names.includes(method)) return serve();
  response.setHeader('allow', [...names, 'OPTIONS'].join(', '));
  if (method === 'OPTIONS') return void response.writeHead(204).end();
  throw rpcFailure('METHOD_NOT_ALLOWED', `use ${methods.join(' or ')} here`);
}

/** A call that could be read is answered with 200, whatever it came to; what is of HTTP itself has its own status. */
export function postStatusOf({ error }: Answer): number {
  const status = error === undefined ? 200 : httpStatusOf(error);
  const ofHttp = status === 401 || status === 429 || error?.code === ERRORS.INVALID_REQUEST.rpc;
  return ofHttp ? status : 200;
}

export function sendAnswer(
  response: ServerResponse,
  status: number,
  { text, error }: { text: string; error?: RpcError },
): void {
  send(response, status, text, error === undefined || status === 200 ? {} : httpHeadersOf(error));
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, JSON.stringify(value));
}

export function send(response: ServerResponse, status: number, text: string, more: Record<string, string> = {}): void {
  if (response.headersSent || response.destroyed) return;
  const headers = {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-length': Buffer.byteLength(text),
    ...more,
  };
  response.writeHead(status, headers).end(text);
}

/** Ends a connection whose body was not read to its end. */
export function discard(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  const cut = setTimeout(() => request.socket.destroy(), DISCARD_MS);
  request.once('end', () => clearTimeout(cut));
  response.once('close', () => clearTimeout(cut));
}
