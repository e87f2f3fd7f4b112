import { ProtocolError } from './errors.ts';

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/**
 * The canonical form of a JSON value: RFC 8785 (JCS). Names are sorted by their UTF-16 code units, there is no white
 * space, and numbers and strings are written as ECMAScript does. An absent (undefined) member is left out.
 * @throws ProtocolError for a number that is not finite, and for text that is not well-formed Unicode
 */
export function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) return canonicalObject(value as Record<string, JsonValue>);
  if (typeof value === 'number' && !Number.isFinite(value)) throw new ProtocolError(`${value} has no form in JSON`);
  return typeof value === 'string' ? canonicalText(value) : JSON.stringify(value);
}

function canonicalObject(value: Record<string, JsonValue>): string {
  const names = Object.keys(value).filter((name) => value[name] !== undefined);
  return `{${names
    .sort()
    .map((name) => `${canonicalText(name)}:${canonicalJson(value[name]!)}`)
    .join(',')}}`;
}

function canonicalText(text: string): string {
  if (!text.isWellFormed()) throw new ProtocolError('text with a lone surrogate has no form in JSON');
  return JSON.stringify(text);
}
