import { ProtocolError } from '../protocol/errors.ts';
import { JSON_DEPTH_MAX } from './limits.ts';

/**
 * Parses JSON (RFC 8259) as every reader understands it: a key that stands twice in one object, `__proto__` as a key,
 * and deep nesting are refused, since readers differ in what they make of them.
 * @throws ProtocolError
 */
export function parseStrictJson(text: string): unknown {
  assertUnambiguous(text);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProtocolError(`not JSON: ${(error as Error).message}`);
  }
}

/** Walks the tokens once. Text that is no JSON may pass: the parser behind it refuses it. */
function assertUnambiguous(text: string): void {
  const open: (Set<string> | null)[] = []; // the keys so far of each open object, null for an array
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      const end = endOfString(text, at);
      const keys = open.at(-1);
      if (keys && isKey(text, end)) noteKey(keys, text.slice(at, end + 1));
      at = end;
    } else if (character === '{' || character === '[') {
      open.push(character === '{' ? new Set() : null);
      if (open.length > JSON_DEPTH_MAX) throw new ProtocolError(`JSON is nested over ${JSON_DEPTH_MAX} deep`);
    } else if (character === '}' || character === ']') open.pop();
  }
}

/** Position of the closing quote, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return text.length;
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return quote;
    at = quote;
  }
}

function isKey(text: string, endOfString: number): boolean {
  let at = endOfString + 1;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++;
  return text[at] === ':';
}

const KEY_SHOWN_CHARS = 40;

function noteKey(keys: Set<string>, quoted: string): void {
  const key = unquote(quoted);
  if (key === '__proto__') throw new ProtocolError('JSON holds the key __proto__, which is refused');
  if (keys.has(key))
    throw new ProtocolError(`JSON holds the key ${JSON.stringify(key.slice(0, KEY_SHOWN_CHARS))} twice in one object`);
  keys.add(key);
}

function unquote(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw new ProtocolError('not JSON: a key is not a valid string');
  }
}
