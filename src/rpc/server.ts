import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '../engine/ports.ts';
import { ValidationError } from '../protocol/errors.ts';
import { assertAccess, createGate, type Gate, type Tokens } from './access.ts';
import type { NodeApi } from './api.ts';
import { assertJson, BodyReader } from './body.ts';
import { type Answer, type Caller, Calls } from './calls.ts';
import { boundConnections } from './connections.ts';
import { ERRORS, httpStatusOf, internalDetail, isInternal, rpcFailure, toRpcError } from './errors.ts';
import { HEADER_BYTES_MAX, HEADERS_TIMEOUT_MS, KEEP_ALIVE_MS, REQUEST_TIMEOUT_MS, TIMEOUT_CHECK_MS } from './limits.ts';
import { RateLimiter } from './rate.ts';

export interface RpcServerOptions {
  /** Address to bind; beyond loopback every call needs a token. */
  host: string;
  /** 0 for any free one. */
  port: number;
  /** Names under which the server may be asked, besides loopback and `host`. */
  allowedHosts: readonly string[];
  tokens: Tokens;
  limits: {
    connections: number;
    waits: number;
    callsPerSecond: number;
  };
  /** Until headers, and until the whole request, must be here. */
  headersTimeoutMs?: number;
  requestTimeoutMs?: number;
}

export interface RpcServer {
  readonly port: number;
  /** E.g. `http://127.0.0.1:7436`. */
  readonly url: string;
  /** Takes no more calls, ends the waits with STOPPING, and closes; connections still busy at the deadline are cut. */
  stop(deadlineMs: number): Promise<void>;
}

/**
 * Serves a node's API: JSON-RPC on `POST /`, reads on `GET /rpc/METHOD`, `/livez`, `/readyz`, `/metrics`.
 * @throws ValidationError PORT_IN_USE, LISTEN_FAILED, NO_TOKEN
 */
export async function startRpcServer(
  options: RpcServerOptions,
  dependencies: { api: NodeApi; logger: Logger },
): Promise<RpcServer> {
  const { host, port, tokens, limits } = options;
  if (tokens.write.length === 0) throw new ValidationError('the RPC needs a token: see rpc.tokenFile', 'NO_TOKEN');
  const service = new RpcService(options, dependencies);
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS,
      requestTimeout: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    },
    (request, response) => void service.serve(request, response),
  );
  boundConnections(server, limits.connections);
  await listen(server, host, port);
  const bound = (server.address() as AddressInfo).port;
  const stop = async (deadlineMs: number) => {
    service.stop();
    await closeServer(server, deadlineMs);
  };
  return { port: bound, url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`, stop };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ host, port }, resolve);
  try {
    await promise;
  } catch (error) {
    throw listenFailure(error as NodeJS.ErrnoException, host, port);
  } finally {
    server.off('error', reject);
  }
}

function listenFailure(error: NodeJS.ErrnoException, host: string, port: number): ValidationError {
  const details = { host, port };
  if (error.code === 'EADDRINUSE') {
    const remedy = 'stop what uses it, or choose another rpc.port (PHEME_RPC_PORT)';
    return new ValidationError(`rpc.port: ${port} on ${host} is in use: ${remedy}`, 'PORT_IN_USE', details, error);
  }
  const message = `rpc: cannot listen on ${host} port ${port} (${error.code ?? error.message}): choose another rpc.host or rpc.port`;
  return new ValidationError(message, 'LISTEN_FAILED', details, error);
}

async function closeServer(server: Server, deadlineMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), deadlineMs);
  await promise;
  clearTimeout(cut);
}

/** Discarding a refused body this long lets its sender read the refusal; then the connection is cut. */
const DISCARD_MS = 1_000;

class RpcService {
  readonly #api: NodeApi;
  readonly #logger: Logger;
  readonly #gate: Gate;
  readonly #rate: RateLimiter;
  readonly #calls: Calls;
  readonly #bodies = new BodyReader();
  readonly #working = new Set<AbortController>();
  #stopping = false;

  constructor(options: RpcServerOptions, { api, logger }: { api: NodeApi; logger: Logger }) {
    this.#api = api;
    this.#logger = logger;
    this.#gate = createGate(options);
    this.#rate = new RateLimiter(options.limits.callsPerSecond);
    this.#calls = new Calls({ api, logger, rate: this.#rate, waitsMax: options.limits.waits });
  }

  stop(): void {
    this.#stopping = true;
    for (const work of this.#working) work.abort(rpcFailure('STOPPING', 'the node is shutting down'));
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const work = new AbortController();
    this.#working.add(work);
    response.once('close', () => {
      this.#working.delete(work);
      work.abort(new DOMException('the caller went away', 'AbortError'));
    });
    try {
      if (this.#stopping) throw rpcFailure('STOPPING', 'the node is shutting down');
      await this.#route(request, response, work.signal);
    } catch (failure) {
      if (request.destroyed && !request.complete) return; // the caller went away in the middle of its body
      if (isInternal(failure)) this.#logger.error({ error: internalDetail(failure) }, 'a request failed');
      const error = toRpcError(failure);
      send(response, httpStatusOf(error), JSON.stringify({ jsonrpc: '2.0', id: null, error }));
    }
    if (!request.complete) discard(request, response);
  }

  async #route(request: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
    this.#gate.assertSameSite(request);
    const { path, query } = targetOf(request);
    if (path === '/livez') return allow(request, response, 'GET', () => sendJson(response, 200, { live: true }));
    if (path === '/readyz') return allow(request, response, 'GET', () => this.#sendReadiness(response));
    const access = this.#gate.accessOf(request);
    assertAccess(access, 'read');
    const caller = { access, address: request.socket.remoteAddress ?? '', signal };
    if (path === '/') return allow(request, response, 'POST', () => this.#answerPost(request, response, caller));
    if (path === '/metrics') return allow(request, response, 'GET', () => this.#sendMetrics(response, caller));
    if (path.startsWith('/rpc/')) {
      return allow(request, response, 'GET', async () =>
        sendQueryAnswer(response, await this.#calls.answerQuery(path.slice(5), query, caller)),
      );
    }
    throw rpcFailure('NOT_FOUND', 'there is nothing here: POST / takes JSON-RPC, GET /rpc/METHOD reads');
  }

  #sendReadiness(response: ServerResponse): void {
    const readiness = this.#api.readiness();
    sendJson(response, readiness.ready ? 200 : 503, readiness);
  }

  async #sendMetrics(response: ServerResponse, { address }: Caller): Promise<void> {
    if (!this.#rate.take(address)) throw rpcFailure('TOO_MANY_REQUESTS', 'too many calls: try again in a second');
    send(response, 200, await this.#api.prometheusText(), 'text/plain; version=0.0.4; charset=utf-8');
  }

  async #answerPost(request: IncomingMessage, response: ServerResponse, caller: Caller): Promise<void> {
    assertJson(request);
    await this.#bodies.withJson(request, caller.access, async (value) => {
      const answer = await this.#calls.answer(value, caller);
      if (answer === undefined) response.writeHead(204).end();
      else send(response, postStatusOf(answer), answer.text);
    });
  }
}

/** @throws ValidationError INVALID_REQUEST */
function targetOf({ url = '' }: IncomingMessage): { path: string; query: URLSearchParams } {
  // Only the origin form: the absolute form would carry a host of its own past the Host check.
  if (!url.startsWith('/')) throw rpcFailure('INVALID_REQUEST', 'the target must be a path');
  const [path = '', ...query] = url.split('?');
  return { path, query: new URLSearchParams(query.join('?')) };
}

async function allow(
  request: IncomingMessage,
  response: ServerResponse,
  method: 'GET' | 'POST',
  serve: () => void | Promise<void>,
): Promise<void> {
  if (request.method === method || (request.method === 'HEAD' && method === 'GET')) return serve();
  response.setHeader('allow', method);
  throw rpcFailure('METHOD_NOT_ALLOWED', `use ${method} here`);
}

/** A call that could be read is answered with 200, whatever it came to; what is of HTTP itself has its own status. */
function postStatusOf({ error }: Answer): number {
  const status = error === undefined ? 200 : httpStatusOf(error);
  const ofHttp = status === 401 || status === 429 || error?.code === ERRORS.INVALID_REQUEST.rpc;
  return ofHttp ? status : 200;
}

function sendQueryAnswer(response: ServerResponse, { text, error }: Answer): void {
  send(response, error === undefined ? 200 : httpStatusOf(error), text);
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, JSON.stringify(value));
}

function send(response: ServerResponse, status: number, text: string, type = 'application/json'): void {
  if (response.headersSent || response.destroyed) return;
  const headers = { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
  const challenge = status === 401 ? { 'www-authenticate': 'Bearer realm="pheme"' } : {};
  response.writeHead(status, { ...headers, ...challenge, 'content-length': Buffer.byteLength(text) }).end(text);
}

/** Ends a connection whose body was not read to its end. */
function discard(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  const cut = setTimeout(() => request.socket.destroy(), DISCARD_MS);
  request.once('end', () => clearTimeout(cut));
  response.once('close', () => clearTimeout(cut));
}
