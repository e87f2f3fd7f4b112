import type { IncomingMessage, ServerResponse } from 'node:http';
import { rpcFailure } from './errors.ts';
import { type EventFilter, EventLog, eventText, isEventType, passes } from './event-log.ts';
import { EVENT_TYPES, type NodeEvent } from './events.ts';
import { EVENT_STREAMS_MAX, EVENT_TASKS_MAX, EVENTS_KEPT_MAX, HEARTBEAT_MS } from './limits.ts';
import { tooMany } from './rate.ts';

export interface EventStreamsOptions {
  keptMax?: number;
  streamsMax?: number;
  heartbeatMs?: number;
}

/** When all places for streams are taken. */
const STREAMS_RETRY_SECONDS = 30;
/** How soon a browser comes back after a lost connection. */
const RECONNECT_MS = 1_000;
/** A client that reads no more is given this long to take the reason. */
const FAREWELL_MS = 1_000;

/** Serves `GET /events`: server-sent events with ids, resume, filters and heartbeats. */
export class EventStreams {
  readonly #log: EventLog;
  readonly #options: Required<EventStreamsOptions>;
  readonly #open = new Set<EventStream>();
  readonly #unsubscribe: () => void;

  constructor(
    options: EventStreamsOptions,
    source: { subscribe(listener: (event: NodeEvent) => void): () => void },
    nowMs: number = Date.now(),
  ) {
    this.#options = {
      keptMax: EVENTS_KEPT_MAX,
      streamsMax: EVENT_STREAMS_MAX,
      heartbeatMs: HEARTBEAT_MS,
      ...options,
    };
    this.#log = new EventLog(this.#options.keptMax, nowMs);
    this.#unsubscribe = source.subscribe((event) => this.#log.append(event));
  }

  /** @throws ValidationError INVALID_PARAMS, TOO_MANY_REQUESTS */
  serve(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void {
    const filter = filterOf(query);
    const after = afterOf(request, query);
    if (this.#open.size >= this.#options.streamsMax)
      throw tooMany(`${this.#open.size} streams of events are open already`, STREAMS_RETRY_SECONDS);
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-accel-buffering': 'no', // a proxy that gathers would hold events back
    });
    if (request.method === 'HEAD') return void response.end();
    const stream = new EventStream(response, this.#log, filter, this.#options.heartbeatMs);
    this.#open.add(stream);
    response.once('close', () => {
      this.#open.delete(stream);
      stream.stop();
    });
    stream.start(after);
  }

  /** Streams that are open. */
  get open(): number {
    return this.#open.size;
  }

  /** Ends every stream with its reason. */
  stop(reason: string): void {
    this.#unsubscribe();
    for (const stream of this.#open) stream.drop(reason);
  }
}

/** One client's place in the log. */
class EventStream {
  readonly #response: ServerResponse;
  readonly #log: EventLog;
  readonly #filter: EventFilter;
  readonly #heartbeatMs: number;
  #stopListening = () => {};
  #heartbeat: NodeJS.Timeout | undefined;
  #farewell: NodeJS.Timeout | undefined;
  #lastId = 0;
  /** The client has not taken what was written: nothing more is, until it does. */
  #full = false;
  #fullSinceHeartbeat = false;
  #dropped = false;

  constructor(response: ServerResponse, log: EventLog, filter: EventFilter, heartbeatMs: number) {
    this.#response = response;
    this.#log = log;
    this.#filter = filter;
    this.#heartbeatMs = heartbeatMs;
  }

  /** @param after the last id that the client saw; undefined to begin with what comes now */
  start(after: number | undefined): void {
    this.#lastId = after ?? this.#log.lastId;
    // The id is the client's place from the start: what comes before its first event is not lost either.
    this.#response.write(`retry: ${RECONNECT_MS}\nid: ${this.#lastId}\n\n`);
    if (!this.#log.reaches(this.#lastId)) {
      this.#lastId = this.#log.lastId;
      const reason = `events after ${after} are not kept any more: ask for the state anew`;
      this.#response.write(eventText({ type: 'reset', id: this.#lastId, data: { reason } }));
    }
    this.#response.on('drain', () => {
      this.#full = false;
      this.#fullSinceHeartbeat = false;
      this.#pump();
    });
    this.#stopListening = this.#log.onAppend(() => this.#pump());
    this.#heartbeat = setInterval(() => this.#beat(), this.#heartbeatMs);
    this.#pump();
  }

  #pump(): void {
    if (this.#dropped) return;
    if (!this.#log.reaches(this.#lastId)) return this.drop('the client reads more slowly than the node tells');
    while (!this.#full) {
      const event = this.#log.next(this.#lastId);
      if (event === undefined) return;
      this.#lastId = event.id;
      if (passes(this.#filter, event)) this.#full = !this.#response.write(eventText(event));
    }
  }

  #beat(): void {
    if (this.#fullSinceHeartbeat)
      return this.drop(`the client took nothing for ${this.#heartbeatMs / 1000} seconds or more`);
    this.#fullSinceHeartbeat = this.#full;
    if (!this.#full) this.#full = !this.#response.write(': heartbeat\n\n');
  }

  /** Says why, and ends. The id before it stays the client's last, so that nothing is lost to one that comes back. */
  drop(reason: string): void {
    if (this.#dropped) return;
    this.#dropped = true;
    const farewell = `event: dropped\ndata: ${JSON.stringify({ reason })}\n\n`;
    this.#response.end(farewell, () => this.#response.destroy());
    this.#farewell = setTimeout(() => this.#response.destroy(), FAREWELL_MS);
  }

  stop(): void {
    this.#dropped = true;
    this.#stopListening();
    clearInterval(this.#heartbeat);
    clearTimeout(this.#farewell);
  }
}

/** `types` and `taskId`: lists with commas, or names that stand several times. @throws ValidationError INVALID_PARAMS */
function filterOf(query: URLSearchParams): EventFilter {
  const unknown = [...query.keys()].find((name) => !['types', 'taskId', 'after'].includes(name));
  if (unknown !== undefined) throw invalid(unknown.slice(0, 40), 'is not known here; known are types, taskId, after');
  const listOf = (name: string) => query.getAll(name).flatMap((text) => text.split(','));
  const types = listOf('types').filter((word) => {
    if (!isEventType(word)) throw invalid('types', `must be of ${EVENT_TYPES.join(', ')}`);
    return true;
  });
  const taskIds = listOf('taskId');
  if (taskIds.length > EVENT_TASKS_MAX || taskIds.some((id) => !/^[0-9a-f]{64}$/.test(id)))
    throw invalid('taskId', `must be task ids of 64 lower-case hex digits, at most ${EVENT_TASKS_MAX}`);
  return {
    types: types.length === 0 ? undefined : new Set(types.filter(isEventType)),
    taskIds: taskIds.length === 0 ? undefined : new Set(taskIds),
  };
}

/** What a browser sends by itself on coming back goes before the address that it was given once. */
function afterOf({ headers }: IncomingMessage, query: URLSearchParams): number | undefined {
  const text = headers['last-event-id'] ?? query.get('after');
  if (text === null || text === undefined || text === '') return undefined;
  if (typeof text !== 'string' || !/^\d{1,16}$/.test(text) || !Number.isSafeInteger(Number(text)))
    throw invalid('after', 'must be the id of an event: a whole number');
  return Number(text);
}

function invalid(path: string, message: string) {
  return rpcFailure('INVALID_PARAMS', `invalid parameters: ${path} ${message}`, { faults: [{ path, message }] });
}
