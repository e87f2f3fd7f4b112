import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '../engine/ports.ts';
import { ValidationError } from '../protocol/errors.ts';
import { assertAccess, createGate, type Gate, type Tokens } from './access.ts';
import type { NodeApi } from './api.ts';
import { assertJson, BodyReader } from './body.ts';
import { type Caller, Calls } from './calls.ts';
import { boundConnections } from './connections.ts';
import { httpStatusOf, internalDetail, isInternal, rpcFailure, toRpcError } from './errors.ts';
import { EventStreams, type EventStreamsOptions } from './event-streams.ts';
import { allow, discard, postStatusOf, send, sendAnswer, sendJson, targetOf } from './http.ts';
import {
  HEADER_BYTES_MAX,
  HEADERS_MAX,
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_MS,
  REQUEST_TIMEOUT_MS,
  REQUESTS_PER_CONNECTION_MAX,
  TIMEOUT_CHECK_MS,
} from './limits.ts';
import { isPagePath, readPage } from './page.ts';
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
  /** The built dashboard; none is served without. */
  dashboardFolder?: string;
  events?: EventStreamsOptions;
  /** Until headers, and until the whole request, must be here. */
  headersTimeoutMs?: number;
  requestTimeoutMs?: number;
}

export interface RpcServer {
  readonly port: number;
  /** E.g. `http://127.0.0.1:7436`. */
  readonly url: string;
  /** Streams of events that are open. */
  readonly streams: number;
  /** Takes no more calls, ends the waits with STOPPING, and closes; connections still busy at the deadline are cut. */
  stop(deadlineMs: number): Promise<void>;
}

/**
 * Serves a node's API: JSON-RPC on `POST /`, reads on `GET /rpc/METHOD`, `/events`, `/livez`, `/readyz`, `/metrics`, and the
 * dashboard on `GET /`.
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
  server.maxHeadersCount = HEADERS_MAX;
  server.maxRequestsPerSocket = REQUESTS_PER_CONNECTION_MAX;
  boundConnections(server, limits.connections);
  await listen(server, host, port);
  const bound = (server.address() as AddressInfo).port;
  const stop = async (deadlineMs: number) => {
    service.stop();
    await closeServer(server, deadlineMs);
  };
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
  return {
    port: bound,
    url,
    get streams() {
      return service.streams;
    },
    stop,
  };
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

type Exchange = [request: IncomingMessage, response: ServerResponse];

class RpcService {
  readonly #api: NodeApi;
  readonly #logger: Logger;
  readonly #gate: Gate;
  readonly #rate: RateLimiter;
  readonly #calls: Calls;
  readonly #events: EventStreams;
  readonly #dashboardFolder: string | undefined;
  readonly #bodies = new BodyReader();
  readonly #working = new Set<AbortController>();
  #stopping = false;

  constructor(options: RpcServerOptions, { api, logger }: { api: NodeApi; logger: Logger }) {
    this.#api = api;
    this.#logger = logger;
    this.#gate = createGate(options);
    this.#rate = new RateLimiter(options.limits.callsPerSecond);
    this.#calls = new Calls({ api, logger, rate: this.#rate, waitsMax: options.limits.waits });
    this.#events = new EventStreams(options.events ?? {}, api);
    this.#dashboardFolder = options.dashboardFolder;
  }

  get streams(): number {
    return this.#events.open;
  }

  stop(): void {
    this.#stopping = true;
    const reason = 'the node is shutting down';
    this.#events.stop(reason);
    for (const work of this.#working) work.abort(rpcFailure('STOPPING', reason));
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const work = new AbortController();
    this.#working.add(work);
    response.once('close', () => {
      this.#working.delete(work);
      if (!response.writableFinished) work.abort(new DOMException('the caller went away', 'AbortError'));
    });
    try {
      if (this.#stopping) throw rpcFailure('STOPPING', 'the node is shutting down');
      await this.#route(request, response, work.signal);
    } catch (failure) {
      if (request.destroyed && !request.complete) return; // the caller went away in the middle of its body
      if (isInternal(failure)) this.#logger.error({ error: internalDetail(failure) }, 'a request failed');
      const error = toRpcError(failure);
      sendAnswer(response, httpStatusOf(error), { text: JSON.stringify({ jsonrpc: '2.0', id: null, error }), error });
    }
    if (!request.complete) discard(request, response);
  }

  async #route(request: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
    this.#gate.assertHost(request);
    const { path, query } = targetOf(request);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    // The page itself holds no data, so a link from elsewhere may open it; its calls are checked like any others.
    const isOpened = path === '/' && isRead && request.headers['sec-fetch-mode'] === 'navigate';
    if (!isOpened) this.#gate.assertSameSite(request);
    if (path === '/livez') return allow(request, response, ['GET'], () => sendJson(response, 200, { live: true }));
    if (path === '/readyz') return allow(request, response, ['GET'], () => this.#sendReadiness(response));
    if (isPagePath(path) && isRead) return this.#sendPage(path, request, response);
    const access = this.#gate.accessOf(request);
    assertAccess(access, 'read');
    await this.#serveData([request, response], path, query, { access, address: addressOf(request), signal });
  }

  async #serveData([request, response]: Exchange, path: string, query: URLSearchParams, caller: Caller): Promise<void> {
    if (path === '/')
      return allow(request, response, ['GET', 'POST'], () => this.#answerPost(request, response, caller));
    if (path === '/metrics') return allow(request, response, ['GET'], () => this.#sendMetrics(response, caller));
    if (path === '/events') {
      return allow(request, response, ['GET'], () => {
        this.#rate.assert(caller.address);
        this.#events.serve(request, response, query);
      });
    }
    if (path.startsWith('/rpc/')) {
      return allow(request, response, ['GET'], async () => {
        const answer = await this.#calls.answerQuery(path.slice(5), query, caller);
        sendAnswer(response, answer.error === undefined ? 200 : httpStatusOf(answer.error), answer);
      });
    }
    throw rpcFailure('NOT_FOUND', 'there is nothing here: POST / takes JSON-RPC, GET /rpc/METHOD reads');
  }

  #sendReadiness(response: ServerResponse): void {
    const readiness = this.#api.readiness();
    sendJson(response, readiness.ready ? 200 : 503, readiness);
  }

  async #sendPage(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#rate.assert(addressOf(request));
    const { body, headers } = await readPage(this.#dashboardFolder, path);
    response.writeHead(200, { ...headers, 'content-length': body.length }).end(body);
  }

  async #sendMetrics(response: ServerResponse, { address }: Caller): Promise<void> {
    this.#rate.assert(address);
    send(response, 200, await this.#api.prometheusText(), {
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    });
  }

  async #answerPost(request: IncomingMessage, response: ServerResponse, caller: Caller): Promise<void> {
    assertJson(request);
    await this.#bodies.withJson(request, caller.access, async (value) => {
      const answer = await this.#calls.answer(value, caller);
      if (answer === undefined) response.writeHead(204).end();
      else sendAnswer(response, postStatusOf(answer), answer);
    });
  }
}

function addressOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? '';
}
