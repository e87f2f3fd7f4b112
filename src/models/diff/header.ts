import { PATH_CHARS_MAX } from './limits.ts';

const ESCAPES: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '"': '"',
  '\\': '\\',
};
const DECODER = new TextDecoder();

/** Undoes git's C-style quoting: octal bytes are UTF-8. Text without quotes is given back as it is. */
export function unquotePath(text: string): string {
  if (!text.startsWith('"') || !text.endsWith('"') || text.length < 2) return text;
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (const [, octal, escaped, plain] of text.slice(1, -1).matchAll(/\\([0-7]{3})|\\(.)|([^\\]+)/gu)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8) & 0xff);
    else bytes.push(...encoder.encode(escaped === undefined ? (plain ?? '') : (ESCAPES[escaped] ?? escaped)));
  }
  return DECODER.decode(new Uint8Array(bytes));
}

/** The path of a `---` or `+++` line: without its timestamp and its `a/` or `b/`; null for `/dev/null`. */
export function pathOfMark(rest: string): string | null {
  const text = unquotePath((rest.split('\t')[0] ?? '').trim().slice(0, PATH_CHARS_MAX));
  return text === '/dev/null' ? null : withoutPrefix(text);
}

function withoutPrefix(path: string): string {
  return /^[abciow]\//.test(path) ? path.slice(2) : path;
}

/** Both paths of a `diff --git` line. Unquoted names with spaces are split where both halves agree. */
export function pathsOfGitLine(rest: string): [string, string] {
  const text = rest.trim().slice(0, 2 * PATH_CHARS_MAX);
  const quoted = /^("(?:[^"\\]|\\.)*"|\S+) ("(?:[^"\\]|\\.)*"|\S+)$/.exec(text);
  if (quoted !== null) return [withoutPrefix(unquotePath(quoted[1]!)), withoutPrefix(unquotePath(quoted[2]!))];
  const middle = (text.length - 1) / 2;
  const [left, right] = [text.slice(0, middle), text.slice(middle + 1)];
  if (Number.isInteger(middle) && withoutPrefix(left) === withoutPrefix(right))
    return [withoutPrefix(left), withoutPrefix(right)];
  const cut = text.indexOf(' b/');
  return cut < 0 ? [text, text] : [withoutPrefix(text.slice(0, cut)), withoutPrefix(text.slice(cut + 1))];
}

/** Numbers of a hunk's `@@ -a,b +c,d @@` line; null if it is none. */
export function hunkNumbers(
  line: string,
): { oldStart: number; oldLines: number; newStart: number; newLines: number } | null {
  const match = /^@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@/.exec(line);
  if (match === null) return null;
  const [oldStart, oldLines, newStart, newLines] = [match[1], match[2] ?? '1', match[3], match[4] ?? '1'].map(Number);
  return { oldStart: oldStart!, oldLines: oldLines!, newStart: newStart!, newLines: newLines! };
}
