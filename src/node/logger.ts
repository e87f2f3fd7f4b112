import pino from 'pino';
import type { Logger } from '../engine/ports.ts';

/** Field names under which a secret might travel; they are cut out of every log line. */
const SECRETS = ['seed', 'apiKey', 'token', 'password', 'passphrase', 'authorization'].flatMap((name) => [
  name,
  `*.${name}`,
]);
/** The part of a URL that signs in, wherever it stands in a line. */
const URL_PASSWORD = /(?<=:\/\/)[^\s/"'@]+@/g;

const COLOURS: Readonly<Record<string, string>> = { warn: '\x1b[33m', error: '\x1b[31m', debug: '\x1b[2m' };
const PLAIN = '\x1b[0m';
/** What a terminal would obey, or what would hide in it. */
const CONTROL = /[\p{Cc}\p{Cf}]/gu;

/** Where finished lines go; standard error unless a test takes them. */
export interface LogSink {
  write(line: string): void;
}

/**
 * JSON lines, or lines for people.
 * @param pretty true where a person reads along
 */
export function createLogger(level: string, pretty = false, sink: LogSink = standardError()): Logger {
  const out = pretty ? { write: (line: string) => sink.write(`${prettyLine(line)}\n`) } : sink;
  return pino(
    {
      level,
      redact: SECRETS,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: (line) => line.replaceAll(URL_PASSWORD, 'redacted@') },
    },
    out,
  );
}

function standardError(): LogSink {
  return pino.destination({ dest: 2, sync: true });
}

function prettyLine(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown> & { level: string; time: string };
  const colour = COLOURS[level] ?? '';
  const more = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  const text = `${time.slice(11, 23)} ${level.padEnd(5)} ${visible(String(msg))}`;
  return `${colour}${text}${colour === '' ? '' : PLAIN}${visible(more.join(''))}`;
}

function visible(text: string): string {
  return text.replace(CONTROL, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}
