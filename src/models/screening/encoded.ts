import { ENCODED_CHARS_MAX, ENCODED_PIECES_MAX } from './limits.ts';

/** What an encoded piece of a text says, and where it stands. */
export interface Decoded {
  text: string;
  start: number;
  end: number;
}

/** Base64 and hex of at least three words, and lines with several escapes of URLs, programs or HTML. */
const BLOB = /[A-Za-z0-9+/_-]{24,}={0,2}/g;
const BYTES = /(?:(?:%|\\x)[0-9a-f]{2}){1,1000}/gi;
const UNITS = /\\u\{?([0-9a-f]{4,5})\}?|&#x([0-9a-f]{2,5});|&#(\d{2,6});/gi;
const ESCAPES_MIN = 3;
/** Text that speaks: words, blanks and marks, and no control characters. */
const SPEAKS = /^[\p{L}\p{N}\p{P}\p{S}\s]+$/u;
const WORDS_MIN = 3;

/** The pieces of a text that are encoded speech; keys, checksums and pictures decode to none. */
export function decodedPieces(text: string): Decoded[] {
  const pieces: Decoded[] = [];
  for (const { 0: blob, index } of text.matchAll(BLOB)) {
    if (pieces.length >= ENCODED_PIECES_MAX) break;
    const said = decodeBlob(blob.slice(0, ENCODED_CHARS_MAX));
    if (said !== undefined) pieces.push({ text: said, start: index, end: index + blob.length });
  }
  return [...pieces, ...escapedLines(text)];
}

function decodeBlob(blob: string): string | undefined {
  const hex = /^[0-9a-f]+$/i.test(blob) && blob.length % 2 === 0;
  const said = Buffer.from(blob, hex ? 'hex' : 'base64').toString('utf8');
  return SPEAKS.test(said) && said.trim().split(/\s+/).length >= WORDS_MIN ? said : undefined;
}

/** Neighbouring lines with escapes are read as one text. */
function escapedLines(text: string): Decoded[] {
  const pieces: Decoded[] = [];
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const said = unescaped(text.slice(start, end));
    const last = pieces.at(-1);
    if (said !== undefined && last?.end === start - 1) Object.assign(last, { text: `${last.text}\n${said}`, end });
    else if (said !== undefined) pieces.push({ text: said, start, end });
    start = end + 1;
  }
  return pieces.slice(0, ENCODED_PIECES_MAX);
}

function unescaped(line: string): string | undefined {
  let escapes = 0;
  const decoded = line.replace(BYTES, (run) => {
    const hex = run.replace(/%|\\x/gi, '');
    escapes += hex.length / 2;
    return Buffer.from(hex, 'hex').toString('utf8');
  });
  const said = decoded.replace(UNITS, (_, unit?: string, hex?: string, decimal?: string) => {
    escapes++;
    return characterOf(decimal === undefined ? Number.parseInt(unit ?? hex ?? '', 16) : Number(decimal));
  });
  return escapes >= ESCAPES_MIN ? said : undefined;
}

function characterOf(code: number): string {
  const isCharacter = code >= 0x20 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return isCharacter ? String.fromCodePoint(code) : ' ';
}
