import type { Stream } from '@libp2p/interface';
import { decode, encode } from 'it-length-prefixed';
import { ProtocolError } from '../protocol/errors.ts';

/** Errors of a length prefix that no honest peer writes. */
const MALFORMED = ['InvalidDataLengthError', 'InvalidDataLengthLengthError', 'InvalidMessageLengthError'];

/** Writes one message and ends this direction of the stream. */
export async function writeMessage(stream: Stream, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  stream.send(encode.single(bytes, { maxDataLength: bytes.length }));
  await stream.close({ signal });
}

/**
 * Reads one message, prefixed by its length as an unsigned varint.
 * @throws ProtocolError if it is longer than `bytesMax`; another Error if the stream ends before the message
 */
export async function readMessage(stream: Stream, bytesMax: number): Promise<Uint8Array> {
  try {
    for await (const message of decode(stream, { maxDataLength: bytesMax })) return message.subarray();
  } catch (error) {
    const { name, message } = error as Error;
    throw MALFORMED.includes(name) ? new ProtocolError(`a message on a stream cannot be read: ${message}`) : error;
  }
  throw new Error('the stream ended before its message did');
}

/** Settles as the promise does, or rejects when the signal fires first. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new Error('took too long'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Resets the stream when the signal fires; the returned function ends that, and the stream if it is still open. */
export function boundTo(signal: AbortSignal, stream: Stream): () => void {
  const reset = () => stream.abort(new Error('took too long'));
  if (signal.aborted) reset();
  signal.addEventListener('abort', reset, { once: true });
  return () => {
    signal.removeEventListener('abort', reset);
    if (stream.status === 'open' || stream.status === 'closing') stream.abort(new Error('done'));
  };
}
