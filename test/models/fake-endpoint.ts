import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A request as the endpoint saw it. */
export interface SeenRequest {
  authorization: string | undefined;
  body: Record<string, unknown>;
}

export type Reply = (response: ServerResponse, seen: SeenRequest, count: number) => void;

type Tls = { key: string; cert: string };

/** A local HTTP server that answers chat completions as a test tells it. */
export class FakeEndpoint {
  readonly seen: SeenRequest[] = [];
  readonly #server: Server;
  #reply: Reply;

  readonly #scheme: string;

  private constructor(reply: Reply, tls: Tls | undefined) {
    this.#reply = reply;
    const answer = (request: IncomingMessage, response: ServerResponse) => void this.#answer(request, response);
    this.#server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
    this.#scheme = tls === undefined ? 'http' : 'https';
  }

  static async start(reply: Reply, tls?: Tls): Promise<FakeEndpoint> {
    const endpoint = new FakeEndpoint(reply, tls);
    await new Promise<void>((resolve) => endpoint.#server.listen(0, '127.0.0.1', resolve));
    return endpoint;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += chunk;
    const seen = { authorization: request.headers.authorization, body: JSON.parse(text) as Record<string, unknown> };
    this.seen.push(seen);
    this.#reply(echoing(response, text), seen, this.seen.length);
  }

  /** From now on answers so. */
  set reply(reply: Reply) {
    this.#reply = reply;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Stands in an answer for the word that its question asks to repeat. */
export const ECHO = 'the word of the question';

/** Puts the word of a question in its place in what is answered. */
function echoing(response: ServerResponse, question: string): ServerResponse {
  const word = /Write the word ([0-9a-f]{16}) into the field echo/.exec(question)?.[1];
  const end = response.end.bind(response);
  const ended = (body?: string) => (body === undefined ? end() : end(body.replaceAll(ECHO, word ?? ECHO)));
  return Object.assign(response, { end: ended });
}

/** A chat completion that says `content`; an object repeats the word of its question. */
export function says(content: unknown, extra: Record<string, unknown> = {}): Reply {
  const text = typeof content === 'string' ? content : JSON.stringify({ echo: ECHO, ...(content as object) });
  return (response) => json(response, 200, completion(text, extra));
}

export function completion(content: string | null, extra: Record<string, unknown> = {}): Record<string, unknown> {
  const choice = { index: 0, finish_reason: 'stop', message: { role: 'assistant', content, refusal: null, ...extra } };
  return {
    id: 'x',
    object: 'chat.completion',
    created: 0,
    model: 'fake',
    choices: [choice],
    usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
  };
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

export const CLEAN = { echo: ECHO, rationale: 'nothing to say', findings: [], soundness: 0.93 };

/** Answers either kind of task as its schema asks, favourably. */
export const agreeable: Reply = (response, seen, count) => {
  const text = JSON.stringify(seen.body);
  if (!text.includes('You assess whether')) return says(CLEAN)(response, seen, count);
  const numbers = [...text.matchAll(/(?:\\n|REQUIREMENTS-\w+\\n)(\d+)\. /g)].map((match) => Number(match[1]));
  const requirements = numbers.map((number) => ({ number, rationale: 'met', score: 0.9 }));
  return says({ rationale: 'fine', requirements })(response, seen, count);
};
