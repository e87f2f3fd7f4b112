import type { Connection, Stream } from '@libp2p/interface';
import type { Logger, NetworkHandlers, PeerKey } from '../engine/ports.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { decodeRequest, encodeAnswer, type FetchAnswer, type FetchRequest } from '../protocol/fetch.ts';
import { REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX } from '../protocol/limits.ts';
import type { NetworkCounters } from './counters.ts';
import { keyOfPeer } from './identity.ts';
import { PUSH_BYTES_MAX, REQUEST_TIMEOUT_MS } from './limits.ts';
import { boundTo, readMessage, unlessAborted, writeMessage } from './message-stream.ts';
import type { PeerBudgets } from './peer-budget.ts';
import type { PeerScores } from './peer-score.ts';

interface ResponderParts {
  handlers: Pick<NetworkHandlers, 'onRequest'>;
  scores: PeerScores;
  counters: NetworkCounters;
  logger: Logger;
  stopping: AbortSignal;
  budgets: PeerBudgets;
  /** Takes a frame that a peer pushed. */
  takePush(frame: Uint8Array, from: PeerKey): void;
  /** Addresses of validators that this node knows. */
  addresses(): string[];
  isShutOut(key: PeerKey): boolean;
}

/** Answers peers: addresses and pushes here, everything else by the node's handler. */
export class Responder {
  readonly #parts: ResponderParts;
  readonly #running = new Set<Promise<void>>();

  constructor(parts: ResponderParts) {
    this.#parts = parts;
  }

  /** A stream that a peer opened; it always ends, answered or reset. Never throws. */
  handle(stream: Stream, connection: Connection): void {
    const key = keyOfPeer(connection.remotePeer);
    if (key === undefined || this.#parts.isShutOut(key)) {
      stream.abort(new Error('refused'));
      return;
    }
    const handled = this.#handle(stream, key);
    this.#running.add(handled);
    void handled.finally(() => this.#running.delete(handled));
  }

  /** Resolves when no answer is under way any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  async #handle(stream: Stream, key: PeerKey): Promise<void> {
    const { stopping, counters, logger } = this.#parts;
    const signal = AbortSignal.any([AbortSignal.timeout(REQUEST_TIMEOUT_MS), stopping]);
    const end = boundTo(signal, stream);
    counters.requestsIn += 1;
    try {
      const request = await this.#read(stream, key);
      await this.#parts.budgets.awaitRequest(key, signal);
      const answer = encodeAnswer(await unlessAborted(this.#answer(request, key), signal));
      if (answer.length > RESPONSE_BYTES_MAX)
        throw new Error(`an answer of ${answer.length} bytes is too long to be sent`);
      this.#parts.budgets.spendAnswer(key, answer.length);
      await writeMessage(stream, answer, signal);
    } catch (error) {
      logger.debug({ peer: key, error: (error as Error).message }, 'a request was not answered');
    } finally {
      end();
    }
  }

  async #read(stream: Stream, key: PeerKey): Promise<FetchRequest> {
    try {
      const bytes = await readMessage(stream, PUSH_BYTES_MAX);
      const request = decodeRequest(bytes);
      if (request.kind !== 'push' && bytes.length > REQUEST_BYTES_MAX)
        throw new ProtocolError('the request is too long');
      return request;
    } catch (error) {
      const offence = error instanceof ProtocolError ? 'malformed-request' : 'unfinished-request';
      if (!this.#parts.stopping.aborted) this.#parts.scores.add(key, offence);
      throw error;
    }
  }

  async #answer(request: FetchRequest, key: PeerKey): Promise<FetchAnswer> {
    if (request.kind === 'addresses') return { kind: 'addresses', addresses: this.#parts.addresses() };
    if (request.kind !== 'push') return this.#parts.handlers.onRequest(request, key);
    this.#parts.takePush(request.frame, key);
    return { kind: 'push' };
  }
}
