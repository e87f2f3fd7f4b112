import { inert, inertJson } from './inert.ts';

/** What a command may touch of the process; tests hand in their own. */
export interface Io {
  stdin: NodeJS.ReadableStream & { isTTY?: boolean; setRawMode?(raw: boolean): unknown };
  stdout: NodeJS.WritableStream & { isTTY?: boolean; columns?: number; rows?: number };
  stderr: NodeJS.WritableStream & { isTTY?: boolean };
  env: Readonly<Record<string, string | undefined>>;
  /** Aborted by the first SIGINT or SIGTERM. */
  signal: AbortSignal;
}

export type Tone = 'good' | 'bad' | 'faint';

const TONES: Readonly<Record<Tone, string>> = { good: '\x1b[32m', bad: '\x1b[31m', faint: '\x1b[2m' };
const PLAIN = '\x1b[0m';
const CLEAR_LINE = '\r\x1b[2K';

/**
 * The only way from a command to the terminal. Every line passes through {@link inert} here, so no renderer can forget it;
 * with `asJson`, standard output carries JSON alone and lines for people are dropped.
 */
export class Output {
  readonly asJson: boolean;
  readonly #io: Io;
  #progressShown = '';

  constructor(io: Io, asJson: boolean) {
    this.#io = io;
    this.asJson = asJson;
  }

  /** Data for people, one line. */
  line(text = '', tone?: Tone): void {
    if (this.asJson) return;
    this.endProgress();
    this.#io.stdout.write(`${this.#toned(inert(text), tone)}\n`);
  }

  lines(texts: readonly string[]): void {
    for (const text of texts) this.line(text);
  }

  /** Data for programs, one line of JSON; dropped unless `asJson`. */
  json(value: unknown): void {
    if (!this.asJson) return;
    this.endProgress();
    this.#io.stdout.write(`${inertJson(value)}\n`);
  }

  /** Something the user should know that is no data: standard error. */
  note(text: string): void {
    this.endProgress();
    this.#io.stderr.write(`${inert(text)}\n`);
  }

  /** The state of what is waited for: one rewritten line on a terminal, else a plain line whenever it changes. */
  progress(text: string): void {
    if (text === this.#progressShown) return;
    this.#progressShown = text;
    this.#io.stderr.write(this.#io.stderr.isTTY ? `${CLEAR_LINE}${inert(text)}` : `${inert(text)}\n`);
  }

  /** Takes the progress line off a terminal. */
  endProgress(): void {
    if (this.#progressShown !== '' && this.#io.stderr.isTTY) this.#io.stderr.write(CLEAR_LINE);
    this.#progressShown = '';
  }

  #toned(text: string, tone: Tone | undefined): string {
    if (tone === undefined || !this.#io.stdout.isTTY || this.#io.env['NO_COLOR']) return text;
    return `${TONES[tone]}${text}${PLAIN}`;
  }
}

/** Columns padded to the widest cell; the last is left as it is. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const shown = rows.map((row) => row.map(inert));
  const columns = Math.max(0, ...shown.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...shown.map((row) => row[column]?.length ?? 0)),
  );
  return shown.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}
