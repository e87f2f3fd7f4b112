import type { PeerKey } from '../engine/ports.ts';
import { ProtocolError, ValidationError } from '../protocol/errors.ts';
import { decodeResponse, encodeRequest, type FetchRequest, type FetchResponse } from '../protocol/fetch.ts';
import { RESPONSE_BYTES_MAX } from '../protocol/limits.ts';
import type { NetworkCounters } from './counters.ts';
import {
  PUSHES_OUT_MAX,
  PUSHES_WAITING_MAX,
  REQUEST_TIMEOUT_MS,
  REQUESTS_OUT_MAX,
  REQUESTS_WAITING_MAX,
} from './limits.ts';
import { boundTo, readMessage, writeMessage } from './message-stream.ts';
import type { PeerScores } from './peer-score.ts';
import { openConnection, type Peer, type PeerTable } from './peer-table.ts';
import { Slots } from './slots.ts';

/** One request and one answer a stream. */
export const FETCH_PROTOCOL = '/pheme/fetch/1';

interface RequesterParts {
  peers: PeerTable;
  scores: PeerScores;
  counters: NetworkCounters;
  /** Fires when the network stops. */
  stopping: AbortSignal;
}

/** What is under way to one peer. */
interface Lane {
  slots: Slots;
  pushes: Uint8Array[];
  pushing: number;
}

/** Asks peers and pushes frames to them, in bounded numbers. */
export class Requester {
  readonly #parts: RequesterParts;
  readonly #lanes = new Map<PeerKey, Lane>();
  readonly #running = new Set<Promise<unknown>>();

  constructor(parts: RequesterParts) {
    this.#parts = parts;
  }

  /** @throws ValidationError `UNREACHABLE`, `TIMEOUT` or (ProtocolError) `MALFORMED` */
  async request(key: PeerKey, request: FetchRequest): Promise<FetchResponse> {
    const peer = this.#parts.peers.get(key);
    if (peer === undefined) throw unreachable(key, 'it is not connected');
    const asked = this.#ask(peer, request);
    this.#running.add(asked);
    this.#parts.counters.requestsOut += 1;
    try {
      return await asked;
    } catch (error) {
      this.#parts.counters.requestsFailed += 1;
      throw error;
    } finally {
      this.#running.delete(asked);
    }
  }

  /** Sends a frame some time; of too many that wait the oldest is dropped. */
  push(key: PeerKey, frame: Uint8Array): void {
    const { peers, counters } = this.#parts;
    const peer = peers.get(key);
    if (peer === undefined) {
      counters.framesDropped += 1;
      return;
    }
    const lane = this.#lane(key);
    lane.pushes.push(frame);
    if (lane.pushes.length > PUSHES_WAITING_MAX) {
      lane.pushes.shift();
      counters.framesDropped += 1;
    }
    this.#pump(key, lane);
  }

  lost({ key }: Peer): void {
    this.#parts.counters.framesDropped += this.#lanes.get(key)?.pushes.splice(0).length ?? 0;
    this.#lanes.delete(key);
  }

  /** Resolves when nothing is under way any more; the stop signal has ended it. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  #pump(key: PeerKey, lane: Lane): void {
    const { counters } = this.#parts;
    while (lane.pushing < PUSHES_OUT_MAX) {
      const frame = lane.pushes.shift();
      if (frame === undefined) return;
      lane.pushing += 1;
      counters.framesOut += 1;
      counters.bytesOut += frame.length;
      this.request(key, { kind: 'push', frame })
        .catch(() => {
          counters.framesDropped += 1;
        })
        .finally(() => {
          lane.pushing -= 1;
          this.#pump(key, lane);
        });
    }
  }

  async #ask(peer: Peer, request: FetchRequest): Promise<FetchResponse> {
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const signal = AbortSignal.any([timeout, this.#parts.stopping]);
    const { slots } = this.#lane(peer.key);
    if (!(await slots.take(signal))) {
      throw timeout.aborted ? timedOut(peer.key, request) : unreachable(peer.key, 'too many requests wait for it');
    }
    try {
      return await this.#exchange(peer, request, signal);
    } catch (error) {
      if (error instanceof ProtocolError) this.#parts.scores.add(peer.key, 'malformed-response');
      if (error instanceof ValidationError) throw error;
      throw timeout.aborted ? timedOut(peer.key, request) : unreachable(peer.key, (error as Error).message, error);
    } finally {
      slots.release();
    }
  }

  async #exchange(peer: Peer, request: FetchRequest, signal: AbortSignal): Promise<FetchResponse> {
    const connection = openConnection(peer);
    if (connection === undefined) throw unreachable(peer.key, 'its connection is closing');
    const stream = await connection.newStream(FETCH_PROTOCOL, { signal });
    const end = boundTo(signal, stream);
    try {
      await writeMessage(stream, encodeRequest(request), signal);
      return decodeResponse(await readMessage(stream, RESPONSE_BYTES_MAX), request.kind);
    } finally {
      end();
    }
  }

  #lane(key: PeerKey): Lane {
    const known = this.#lanes.get(key);
    if (known !== undefined) return known;
    const lane = { slots: new Slots(REQUESTS_OUT_MAX, REQUESTS_WAITING_MAX), pushes: [], pushing: 0 };
    this.#lanes.set(key, lane);
    return lane;
  }
}

function unreachable(key: PeerKey, reason: string, cause?: unknown): ValidationError {
  return new ValidationError(`peer ${key} cannot be reached: ${reason}`, 'UNREACHABLE', { peer: key }, cause);
}

function timedOut(key: PeerKey, { kind }: FetchRequest): ValidationError {
  const message = `peer ${key} did not answer a request of kind ${kind} within ${REQUEST_TIMEOUT_MS} ms`;
  return new ValidationError(message, 'TIMEOUT', { peer: key, kind });
}
