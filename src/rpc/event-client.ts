import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { ValidationError } from '../protocol/errors.ts';
import { EVENTS, type EventType, type RpcEvent } from './events.ts';
import { authorizationOf, badAnswer, connectionFailure, type Endpoint } from './http-client.ts';
import { parseStrictJson } from './strict-json.ts';

/** What a stream of events holds; what is left out is not asked for. */
export interface EventQuery {
  /** Only these types; `reset` comes whatever the types. */
  types?: readonly EventType[];
  /** Only events about these tasks. */
  taskIds?: readonly string[];
  /** The id of the last event that is known; the stream goes on after it. */
  after?: number;
  signal?: AbortSignal;
}

/** An event is a line of JSON; the longest is the progress of a task in the largest committee. */
const LINE_CHARS_MAX = 1024 * 1024;
/** Longer than the server lets a stream be silent. */
const SILENCE_MS_MAX = 45_000;
const RECONNECT_MS = 250;
const RECONNECT_MS_MAX = 5_000;

/** See RpcClient.events. */
export async function* followEvents(endpoint: Endpoint, query: EventQuery): AsyncGenerator<RpcEvent, void, void> {
  let after = query.after;
  let pauseMs = RECONNECT_MS;
  let wasOpen = false;
  const onOpen = () => {
    wasOpen = true;
    pauseMs = RECONNECT_MS;
  };
  for (;;) {
    query.signal?.throwIfAborted();
    const place = after === undefined ? {} : { after };
    try {
      for await (const event of readStream(endpoint, { ...query, ...place }, onOpen)) {
        if (event.id !== undefined) after = event.id;
        if (event.data !== undefined && event.type !== 'dropped') yield event as RpcEvent;
      }
    } catch (error) {
      query.signal?.throwIfAborted();
      // A node that never answered is more likely not there than busy.
      if (!wasOpen || !(error instanceof ValidationError) || !isPassing(error)) throw error;
    }
    await delay(pauseMs, undefined, query.signal === undefined ? {} : { signal: query.signal });
    pauseMs = Math.min(2 * pauseMs, RECONNECT_MS_MAX);
  }
}

/** What another try may mend. */
function isPassing({ code }: ValidationError): boolean {
  return ['UNREACHABLE', 'TIMEOUT', 'TOO_MANY_REQUESTS', 'STOPPING'].includes(code);
}

/** One connection's events. An entry without data only moves the place. */
async function* readStream(
  endpoint: Endpoint,
  query: EventQuery,
  onOpen: () => void,
): AsyncGenerator<Partial<RpcEvent>> {
  const silence = new AbortController();
  const signal = query.signal === undefined ? silence.signal : AbortSignal.any([query.signal, silence.signal]);
  const expire = () => silence.abort(new DOMException('the stream is silent', 'TimeoutError'));
  let timer = setTimeout(expire, SILENCE_MS_MAX);
  try {
    const response = await open(endpoint, query, signal);
    onOpen();
    const fields = new EventFields();
    for await (const line of linesOf(response)) {
      clearTimeout(timer);
      timer = setTimeout(expire, SILENCE_MS_MAX);
      const event = fields.take(line);
      if (event !== undefined) yield event;
    }
  } catch (error) {
    if (error instanceof ValidationError) throw error;
    throw connectionFailure(error as Error, endpoint, SILENCE_MS_MAX);
  } finally {
    clearTimeout(timer);
    silence.abort(); // a consumer that leaves early leaves no connection behind
  }
}

async function open(endpoint: Endpoint, query: EventQuery, signal: AbortSignal): Promise<Response> {
  const url = new URL('/events', endpoint.url);
  if (query.types !== undefined) url.searchParams.set('types', query.types.join(','));
  if (query.taskIds !== undefined) url.searchParams.set('taskId', query.taskIds.join(','));
  if (query.after !== undefined) url.searchParams.set('after', String(query.after));
  const headers = { accept: 'text/event-stream', ...authorizationOf(endpoint) };
  const response = await fetch(url, { headers, signal, redirect: 'error' });
  if (response.status !== 200) throw await refusalOf(response);
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) throw badAnswer('is no stream of events');
  return response;
}

const REFUSAL_CHARS_MAX = 64 * 1024;
const refusalSchema = z.object({
  error: z.object({ message: z.string(), data: z.looseObject({ code: z.string().regex(/^[A-Z][A-Z_]{0,63}$/) }) }),
});

async function refusalOf(response: Response): Promise<ValidationError> {
  let text = '';
  for await (const chunk of textOf(response)) {
    text += chunk;
    if (text.length > REFUSAL_CHARS_MAX) return badAnswer('is too long');
  }
  try {
    const { error } = refusalSchema.parse(parseStrictJson(text));
    return new ValidationError(error.message, error.data.code, error.data);
  } catch {
    return badAnswer(`has the status ${response.status}`);
  }
}

function textOf({ body }: Response): AsyncIterable<string> {
  return (body ?? ReadableStream.from([])).pipeThrough(new TextDecoderStream());
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  let rest = '';
  for await (const text of textOf(response)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    if (rest.length > LINE_CHARS_MAX) throw badAnswer('holds a line that is too long');
    yield* lines;
  }
}

/** Gathers the fields of one event until its empty line. */
class EventFields {
  #type = '';
  #data: string | undefined;
  #id: number | undefined;

  take(line: string): Partial<RpcEvent> | undefined {
    if (line.startsWith('event: ')) this.#type = line.slice(7);
    else if (line.startsWith('data: ')) this.#data = line.slice(6);
    else if (/^id: \d{1,16}$/.test(line)) this.#id = Number(line.slice(4));
    if (line !== '') return undefined;
    const event = this.#event();
    this.#type = '';
    this.#data = undefined;
    return event;
  }

  #event(): Partial<RpcEvent> | undefined {
    const id = this.#id === undefined ? {} : { id: this.#id };
    if (this.#data === undefined) return id;
    // A type of a newer node is passed over.
    if (!Object.hasOwn(EVENTS, this.#type)) return id;
    const type = this.#type as EventType;
    const data = EVENTS[type].safeParse(parsed(this.#data));
    if (!data.success) throw badAnswer(`holds an event ${type} of another form`);
    return { ...id, type, data: data.data } as Partial<RpcEvent>;
  }
}

function parsed(text: string): unknown {
  try {
    return parseStrictJson(text);
  } catch (error) {
    throw badAnswer(`holds an event that cannot be read (${(error as Error).message})`);
  }
}
