import { createReadStream } from 'node:fs';
import { ValidationError } from '../protocol/errors.ts';
import { parseStrictJson } from '../rpc/strict-json.ts';
import type { Io } from './io.ts';

/**
 * Text of a file, or of standard input for `-`.
 * @param what how messages name it, e.g. `diff`
 * @throws ValidationError INPUT_MISSING, INPUT_TOO_LARGE
 */
export async function readInput(io: Io, path: string | undefined, what: string, bytesMax: number): Promise<string> {
  const source = openInput(io, path, what);
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of source as AsyncIterable<Buffer | string>) {
      const chunk = Buffer.from(part as string);
      bytes += chunk.length;
      if (bytes > bytesMax) break;
      parts.push(chunk);
    }
  } catch (error) {
    throw unreadable(what, path, error);
  }
  if (bytes > bytesMax) {
    throw new ValidationError(`the ${what} is over ${bytesMax} bytes: split it`, 'INPUT_TOO_LARGE', { bytesMax });
  }
  return Buffer.concat(parts).toString('utf8');
}

/** A readable of a file or of standard input; reading it may throw. */
export function openInput(io: Io, path: string | undefined, what: string): NodeJS.ReadableStream {
  if (path !== undefined && path !== '-') return createReadStream(path);
  if (io.stdin.isTTY) {
    throw new ValidationError(`no ${what} given: name a file, or pipe it to standard input`, 'INPUT_MISSING');
  }
  return io.stdin;
}

export function unreadable(what: string, path: string | undefined, error: unknown): ValidationError {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = code === 'ENOENT' ? 'there is no such file' : message;
  return new ValidationError(
    `cannot read the ${what} ${path ?? '-'}: ${reason}`,
    'INPUT_MISSING',
    { path: path ?? '-' },
    error,
  );
}

/**
 * JSON of a file or of standard input.
 * @throws ValidationError MALFORMED, INPUT_MISSING, INPUT_TOO_LARGE
 */
export async function readJson(io: Io, path: string | undefined, what: string, bytesMax: number): Promise<unknown> {
  const text = await readInput(io, path, what, bytesMax);
  try {
    return parseStrictJson(text);
  } catch (error) {
    throw new ValidationError(`the ${what} cannot be read: ${(error as Error).message}`, 'MALFORMED', {}, error);
  }
}
