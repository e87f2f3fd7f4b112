import { REPLY_BYTES_MAX } from './limits.ts';

/** The endpoint answered with more bytes than any judgement needs. */
export class ResponseTooLarge extends Error {
  override name = 'ResponseTooLarge';
}

/** The endpoint sent the request elsewhere; the key goes only where the operator sent it. */
export class Redirected extends Error {
  override name = 'Redirected';
}

/** `fetch` that follows no redirect and reads at most REPLY_BYTES_MAX bytes of any answer. */
export async function boundedFetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(input, { ...init, redirect: 'manual' });
  if (response.status >= 300 && response.status < 400) {
    await response.body?.cancel();
    throw new Redirected('the endpoint redirects: configure its final address');
  }
  if (response.body === null) return response;
  return new Response(response.body.pipeThrough(byteLimit()), response);
}

function byteLimit(): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let read = 0;
  return new TransformStream({
    transform(chunk, controller) {
      read += chunk.length;
      if (read > REPLY_BYTES_MAX) controller.error(new ResponseTooLarge(`an answer of over ${REPLY_BYTES_MAX} bytes`));
      else controller.enqueue(chunk);
    },
  });
}
