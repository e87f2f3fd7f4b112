import type { IncomingMessage } from 'node:http';
import { type Access, assertAccess } from './access.ts';
import { rpcFailure } from './errors.ts';
import { BODIES_BYTES_MAX, BODY_BYTES_MAX, READ_BODY_BYTES_MAX } from './limits.ts';
import { tooMany } from './rate.ts';
import { parseStrictJson } from './strict-json.ts';

/** @throws ValidationError UNSUPPORTED_MEDIA_TYPE; a form of another site cannot send this type without asking first */
export function assertJson({ headers }: IncomingMessage): void {
  const type = headers['content-type'] ?? '';
  const encoding = headers['content-encoding'] ?? 'identity';
  if (/^application\/json(?:\s*;\s*charset="?utf-8"?)?\s*$/i.test(type) && encoding === 'identity') return;
  throw rpcFailure('UNSUPPORTED_MEDIA_TYPE', 'Content-Type: must be application/json, in UTF-8 and not compressed');
}

/** Reads bodies within their bounds, alone and all together. */
export class BodyReader {
  #heldBytes = 0;

  /**
   * Parses a body and hands it to `use`; its bytes count as held until that is done.
   * @throws ValidationError BODY_TOO_LARGE, UNAUTHORIZED, TOO_MANY_REQUESTS, PARSE_ERROR
   */
  async withJson<T>(request: IncomingMessage, access: Access, use: (value: unknown) => Promise<T>): Promise<T> {
    let ownBytes = 0;
    const take = (bytes: number) => {
      ownBytes += bytes;
      this.#heldBytes += bytes;
      assertSize(ownBytes, access);
      if (this.#heldBytes > BODIES_BYTES_MAX) throw tooMany('too many bodies at once', 1);
    };
    try {
      assertSize(Number(request.headers['content-length'] ?? 0), access);
      return await use(await readJson(request, take));
    } finally {
      this.#heldBytes -= ownBytes;
    }
  }
}

function assertSize(bytes: number, access: Access): void {
  if (bytes > BODY_BYTES_MAX) throw rpcFailure('BODY_TOO_LARGE', `a body has at most ${BODY_BYTES_MAX} bytes`);
  if (bytes > READ_BODY_BYTES_MAX) assertAccess(access, 'write');
}

async function readJson(request: IncomingMessage, take: (bytes: number) => void): Promise<unknown> {
  const chunks: Buffer[] = [];
  // Left undestroyed, so that a refusal can still be answered.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    take((chunk as Buffer).length);
    chunks.push(chunk as Buffer);
  }
  try {
    return parseStrictJson(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch (error) {
    throw rpcFailure('PARSE_ERROR', error instanceof TypeError ? 'the body is not UTF-8' : (error as Error).message);
  }
}
