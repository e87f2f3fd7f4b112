import { request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { isIP } from 'node:net';
import { ValidationError } from '../../protocol/errors.ts';
import { addressOf, type Resolve } from './addresses.ts';

/** Receivers are asked to answer at once and to work later. */
const TIMEOUT_MS = 10_000;
/** Of an answer only the status is read: its headers are cut off here, and of its body nothing is taken. */
const HEADER_BYTES_MAX = 16 * 1024;

export interface PostOptions {
  url: URL;
  allowPrivate: boolean;
  headers: Readonly<Record<string, string>>;
  body: string;
  signal: AbortSignal;
  resolve: Resolve;
  timeoutMs?: number;
}

/**
 * Posts once, following nothing.
 * @returns the status
 * @throws ValidationError PRIVATE_ADDRESS, TIMEOUT; errors of DNS, of the connection and of TLS
 */
export async function post(options: PostOptions): Promise<number> {
  const { timeoutMs = TIMEOUT_MS } = options;
  const late = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([options.signal, late]);
  try {
    const resolving = addressOf(options.url, options.allowPrivate, options.resolve);
    const address = await orAborted(resolving, signal);
    return await send(address, options, signal);
  } catch (error) {
    if (late.aborted && !options.signal.aborted)
      throw new ValidationError(`no answer within ${timeoutMs} ms`, 'TIMEOUT');
    throw error;
  }
}

function send(address: string, { url, headers, body }: PostOptions, signal: AbortSignal): Promise<number> {
  const bytes = Buffer.from(body);
  const name = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const options: RequestOptions = {
    method: 'POST',
    host: address,
    port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port,
    path: url.pathname + url.search,
    headers: { ...headers, host: url.host, 'content-length': bytes.length },
    agent: false, // a connection of its own: one that is kept could be another address's
    maxHeaderSize: HEADER_BYTES_MAX,
    signal,
    // The certificate must be the name's, though the connection goes to its address.
    ...(isIP(name) === 0 ? { servername: name } : {}),
  };
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    sent.on('error', reject);
    sent.end(bytes);
  });
}

/** DNS cannot be called off: whoever waits for it can. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
