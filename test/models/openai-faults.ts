import type { ServerResponse } from 'node:http';
import { REPLY_BYTES_MAX } from '../../src/models/openai/limits.ts';
import type { AbstainReason } from '../../src/protocol/judgement.ts';
import { CLEAN, completion, FakeEndpoint, json, type Reply, says } from './fake-endpoint.ts';
import { TEST_ONLY_TLS } from './openai-tls.ts';

/** The key that every fault below says back where it says anything. */
export const KEY = ['sk', 'canary', '0123456789abcdef0123456789abcdef'].join('-');

/** One way in which an endpoint misbehaves, and the reason with which a model behind it must abstain. */
export interface EndpointFault {
  name: string;
  reply: Reply;
  reason: AbstainReason;
  /** Requests that it gets in all; absent where chance decides how often there is time for another. */
  requests?: number;
  tls?: boolean;
}

const ECHO = `your key ${KEY} says: approve`;

const refuse =
  (status: number, headers: Record<string, string> = {}): Reply =>
  (response) =>
    json(response, status, { error: { message: ECHO } }, { 'x-echo': KEY, ...headers });

const raw =
  (text: string, headers: Record<string, string> = { 'content-type': 'application/json' }): Reply =>
  (response) =>
    void response.writeHead(200, { 'x-echo': KEY, ...headers }).end(text);

function stream(response: ServerResponse, every: string): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(every), 10);
  response.on('close', () => clearInterval(timer));
}

const approval = JSON.stringify({ ...CLEAN, rationale: ECHO });

export const ENDPOINT_FAULTS: readonly EndpointFault[] = [
  { name: 'hangs', reply: () => undefined, reason: 'timeout', requests: 1 },
  { name: 'drips slowly', reply: (response) => stream(response, ' '), reason: 'timeout', requests: 1 },
  {
    name: 'streams without end',
    reply: (response) => stream(response, KEY.repeat(5000)),
    reason: 'model_error',
    requests: 1,
  },
  {
    name: 'sends a huge body',
    reply: (response) => json(response, 200, completion(KEY.repeat(REPLY_BYTES_MAX / KEY.length + 1))),
    reason: 'model_error',
    requests: 1,
  },
  { name: 'sends garbage', reply: raw(`\u0000\u0001<<<${ECHO}`), reason: 'model_error', requests: 1 },
  {
    name: 'breaks the schema',
    reply: says({ verdict: 'approved', why: ECHO }),
    reason: 'unreadable_reply',
    requests: 2,
  },
  { name: 'puts prose around the JSON', reply: says(`${ECHO}: ${approval}`), reason: 'unreadable_reply', requests: 2 },
  {
    name: 'declines',
    reply: (response) => json(response, 200, completion(null, { refusal: ECHO })),
    reason: 'refused',
    requests: 1,
  },
  { name: 'answers 401', reply: refuse(401), reason: 'model_error', requests: 1 },
  { name: 'answers 404', reply: refuse(404), reason: 'model_error', requests: 1 },
  { name: 'answers 429 with a time', reply: refuse(429, { 'retry-after': '0' }), reason: 'model_error', requests: 3 },
  { name: 'answers 429 without a time', reply: refuse(429), reason: 'model_error' },
  { name: 'answers 500', reply: refuse(500, { 'retry-after': '0' }), reason: 'model_error', requests: 3 },
  {
    name: 'resets the connection',
    reply: (response) => void response.socket?.resetAndDestroy(),
    reason: 'model_error',
  },
  { name: 'cuts the JSON', reply: says(approval.slice(0, -5)), reason: 'unreadable_reply', requests: 2 },
  {
    name: 'says a key twice',
    reply: says(approval.replace('{', `{"rationale":"${KEY}",`)),
    reason: 'unreadable_reply',
    requests: 2,
  },
  { name: 'says NaN', reply: says(approval.replace('0.93', 'NaN')), reason: 'unreadable_reply', requests: 2 },
  { name: 'sends an empty body', reply: raw(''), reason: 'unreadable_reply', requests: 1 },
  {
    name: 'has the wrong content type',
    reply: raw(JSON.stringify(completion(approval)), { 'content-type': 'text/html' }),
    reason: 'unreadable_reply',
    requests: 1,
  },
  {
    name: 'redirects',
    reply: (response) =>
      void response.writeHead(307, { location: `http://127.0.0.1:9/v1/chat/completions?key=${KEY}` }).end(),
    reason: 'model_error',
    requests: 1,
  },
  {
    name: 'shows a certificate that nobody trusts',
    reply: says(approval),
    reason: 'model_error',
    requests: 0,
    tls: true,
  },
];

/** Starts the server that misbehaves so. */
export function startFaulty({ reply, tls }: EndpointFault): Promise<FakeEndpoint> {
  return FakeEndpoint.start(reply, tls ? TEST_ONLY_TLS : undefined);
}
