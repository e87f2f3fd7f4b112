import { EVENT_TYPES, type EventType, type NodeEvent, type RpcEvent } from './events.ts';

/**
 * The last events of a node, in order, under ids that ascend. Streams read from here at their own pace: a slow one
 * holds nothing but its place.
 */
export class EventLog {
  readonly #keptMax: number;
  readonly #events: RpcEvent[] = [];
  readonly #listeners = new Set<() => void>();
  #lastId: number;

  /**
   * @param startedAtMs makes ids ascend over restarts too, as long as a node tells less than 1,000 events a
   * millisecond; an id of an earlier run is then recognised as gone
   */
  constructor(keptMax: number, startedAtMs: number) {
    this.#keptMax = keptMax;
    this.#lastId = startedAtMs * 1000;
  }

  get lastId(): number {
    return this.#lastId;
  }

  append(event: NodeEvent): void {
    this.#lastId++;
    this.#events.push({ ...event, id: this.#lastId });
    if (this.#events.length > this.#keptMax) this.#events.shift();
    for (const listener of this.#listeners) listener();
  }

  /** True if every event after this id is still here. */
  reaches(id: number): boolean {
    return id <= this.#lastId && id >= this.#lastId - this.#events.length;
  }

  /** The first event after an id, or undefined if there is none. The log must reach the id. */
  next(id: number): RpcEvent | undefined {
    return this.#events[this.#events.length - (this.#lastId - id)];
  }

  /** Called after each event; returns the way to stop that. */
  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** Which events a stream gets; what concerns no task passes a filter of tasks only if there is none. */
export interface EventFilter {
  types: ReadonlySet<EventType> | undefined;
  taskIds: ReadonlySet<string> | undefined;
}

export function passes({ types, taskIds }: EventFilter, { type, data }: RpcEvent): boolean {
  if (types !== undefined && !types.has(type)) return false;
  return taskIds === undefined || ('taskId' in data && taskIds.has(data.taskId));
}

/** The text of one event (WHATWG HTML, 9.2.6). JSON has no line breaks of its own. */
export function eventText({ type, id, data }: RpcEvent): string {
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}

export function isEventType(word: string): word is EventType {
  return (EVENT_TYPES as readonly string[]).includes(word);
}
