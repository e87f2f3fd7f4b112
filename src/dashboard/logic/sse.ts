/** One event of a server's stream. */
export interface StreamEvent {
  id: string | null;
  type: string;
  data: string;
}

/** Longest event that is kept: the node's are a few hundred bytes. */
const EVENT_CHARS_MAX = 1024 * 1024;

/** Reads the text of an event stream (WHATWG HTML, 9.2.6) as it arrives, in whatever pieces. */
export class StreamReader {
  #rest = '';
  #id: string | null = null;
  #type = '';
  #data: string[] = [];

  /** @throws RangeError if an event never ends */
  read(piece: string): StreamEvent[] {
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop()!;
    if (this.#rest.length > EVENT_CHARS_MAX) throw new RangeError('an event of the stream never ends');
    return lines.flatMap((line) => this.#line(line));
  }

  #line(line: string): StreamEvent[] {
    if (line === '') return this.#dispatch();
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!;
    if (field === 'event') this.#type = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    return [];
  }

  #dispatch(): StreamEvent[] {
    const event = { id: this.#id, type: this.#type || 'message', data: this.#data.join('\n') };
    const hasData = this.#data.length > 0;
    [this.#type, this.#data] = ['', []];
    return hasData ? [event] : [];
  }
}
