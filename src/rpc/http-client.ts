import { ValidationError } from '../protocol/errors.ts';

/** Where a node answers, and how it is asked. */
export interface Endpoint {
  url: URL;
  token: string | undefined;
}

/** @throws ValidationError INVALID_URL */
export function endpointOf(address: string, token: string | undefined): Endpoint {
  const url = URL.parse(address);
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '')
    return { url, token };
  throw new ValidationError(
    'the RPC address must be an http or https URL without a password, e.g. http://127.0.0.1:7436',
    'INVALID_URL',
  );
}

/** The header that carries the token; none without. */
export function authorizationOf({ token }: Endpoint): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

export interface Post {
  body: string;
  signal: AbortSignal;
  answerBytesMax: number;
}

/** Posts JSON and reads the whole answer. @throws ValidationError BAD_ANSWER, and what `fetch` throws */
export async function post(endpoint: Endpoint, { body, signal, answerBytesMax }: Post): Promise<string> {
  const headers = { 'content-type': 'application/json', ...authorizationOf(endpoint) };
  // A redirect could carry the token elsewhere.
  const response = await fetch(endpoint.url, { method: 'POST', headers, body, signal, redirect: 'error' });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > answerBytesMax) throw badAnswer(`is over ${answerBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export function badAnswer(what: string): ValidationError {
  return new ValidationError(`the answer ${what}: is this the RPC of a pheme node?`, 'BAD_ANSWER');
}

/** What a failed connection means for people: UNREACHABLE with its cause, or TIMEOUT. */
export function connectionFailure(error: Error, { url }: Endpoint, limitMs: number): ValidationError {
  if (error.name === 'TimeoutError') {
    const details = { url: url.href };
    return new ValidationError(`${url.href} did not answer within ${limitMs} ms`, 'TIMEOUT', details, error);
  }
  const cause = (error.cause as NodeJS.ErrnoException | undefined)?.code ?? error.message;
  const remedy = 'is the node running (pheme start), and is this its --rpc address?';
  const details = { url: url.href, cause };
  return new ValidationError(`${url.href} cannot be reached (${cause}): ${remedy}`, 'UNREACHABLE', details, error);
}
