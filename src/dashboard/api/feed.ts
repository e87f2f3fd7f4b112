import { type StreamEvent, StreamReader } from '../logic/sse.ts';
import { authorization } from './rpc.ts';

/** Whether news come by themselves; `polling`: not now, the pages ask at intervals. */
export type FeedState = 'connecting' | 'live' | 'polling';

export interface NodeEvent {
  type: string;
  /** Where the event is about a task. */
  taskId: string | null;
}

const RETRY_MS = [1_000, 2_000, 5_000, 15_000] as const;

/** The node's events, connected again by itself from where it was. A stream of fetch, since EventSource sends no token. */
export class Feed {
  readonly #token: () => string | null;
  readonly #listeners = new Set<(event: NodeEvent) => void>();
  readonly #watchers = new Set<() => void>();
  #state: FeedState = 'connecting';
  #lastId: string | null = null;
  #failures = 0;
  #connection: AbortController | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(token: () => string | null) {
    this.#token = token;
  }

  get state(): FeedState {
    return this.#state;
  }

  /** Gives what ends it. */
  onEvent(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onState(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Connects, or connects anew, e.g. with another token. */
  connect(): void {
    clearTimeout(this.#retry);
    this.#connection?.abort();
    const connection = new AbortController();
    this.#connection = connection;
    this.#follow(connection.signal).catch(() => {
      if (connection.signal.aborted) return;
      this.#set('polling');
      const wait = RETRY_MS[Math.min(this.#failures++, RETRY_MS.length - 1)];
      this.#retry = setTimeout(() => this.connect(), wait);
    });
  }

  /** @throws whatever ended the stream */
  async #follow(signal: AbortSignal): Promise<never> {
    const resume: Record<string, string> = this.#lastId === null ? {} : { 'last-event-id': this.#lastId };
    const headers = { accept: 'text/event-stream', ...authorization(this.#token()), ...resume };
    const response = await fetch('/events', { headers, signal });
    if (!response.ok || response.body === null) throw new Error(`the events answer with status ${response.status}`);
    this.#failures = 0;
    this.#set('live');
    const reader = new StreamReader();
    const decoder = new TextDecoder();
    for await (const piece of response.body) {
      for (const event of reader.read(decoder.decode(piece, { stream: true }))) this.#take(event);
    }
    throw new Error('the stream of events ended');
  }

  #take({ id, type, data }: StreamEvent): void {
    this.#lastId = id;
    const event = { type, taskId: taskIdIn(data) };
    for (const listener of this.#listeners) listener(event);
  }

  #set(state: FeedState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const watcher of this.#watchers) watcher();
  }
}

function taskIdIn(data: string): string | null {
  try {
    const { taskId } = JSON.parse(data) as { taskId?: unknown };
    return typeof taskId === 'string' ? taskId : null;
  } catch {
    return null;
  }
}
