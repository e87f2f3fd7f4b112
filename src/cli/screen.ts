import { inert } from './inert.ts';
import type { Io } from './io.ts';

const ENTER = '\x1b[?1049h\x1b[?25l'; // the alternate screen, so that what stood there comes back; no cursor
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const END_OF_LINE = '\x1b[K';
const REST_OF_SCREEN = '\x1b[J';
const QUIT = ['q', 'Q', '\x03', '\x04']; // in raw mode Ctrl-C and Ctrl-D arrive as characters
const COLUMNS = 80;
const ROWS = 24;

/** One screen of a terminal that is drawn in place, until the user leaves it with q, Ctrl-C or Ctrl-D. */
export class Screen {
  readonly #io: Io;
  readonly #leave = new AbortController();
  #lines: readonly string[] = [];

  constructor(io: Io) {
    this.#io = io;
    io.stdout.write(ENTER);
    io.stdin.setRawMode?.(true);
    io.stdin.on('data', this.#onKey).resume();
    io.stdout.on('resize', this.#redraw);
  }

  /** Aborted when the user leaves. */
  get left(): AbortSignal {
    return this.#leave.signal;
  }

  draw(lines: readonly string[]): void {
    this.#lines = lines;
    this.#redraw();
  }

  close(): void {
    const { stdin, stdout } = this.#io;
    stdout.off('resize', this.#redraw);
    stdin.off('data', this.#onKey).pause();
    stdin.setRawMode?.(false);
    stdout.write(LEAVE);
  }

  readonly #onKey = (keys: Buffer | string): void => {
    if ([...keys.toString()].some((key) => QUIT.includes(key))) this.#leave.abort();
  };

  readonly #redraw = (): void => {
    const { columns = COLUMNS, rows = ROWS } = this.#io.stdout;
    const shown = this.#lines.length > rows ? [...this.#lines.slice(0, rows - 1), '...'] : this.#lines;
    const text = shown.map((line) => `${cut(inert(line), columns)}${END_OF_LINE}`).join('\r\n');
    this.#io.stdout.write(`${HOME}${text}${REST_OF_SCREEN}`);
  };
}

function cut(line: string, columns: number): string {
  const characters = [...line];
  return characters.length <= columns ? line : `${characters.slice(0, columns - 1).join('')}…`;
}
