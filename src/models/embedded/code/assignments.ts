import type { Language } from '../../diff/language.ts';

/** What a statement gives to which names. `value` is the text without strings. */
export interface Assignment {
  names: string[];
  value: string;
  /** Column where the value begins. */
  at: number;
}

const NAME = /[$@]{0,2}[A-Za-z_][\w$]*(?:(?:\.|->)[A-Za-z_][\w$]*)*/g;
const DECLARATION_WORDS = new Set(
  'const let var val final auto my local export readonly static public private protected mut int string String'.split(
    ' ',
  ),
);

/** The assignment of a statement: `x = e`, `T x = e`, `x := e`, `{ a, b } = e`, `x += e`, `for (x of e)`; null if none. */
export function assignmentIn(bare: string): Assignment | null {
  const loop = /\bfor\b[\s(]*(?:const|let|var)?\s*([^;()]{1,120}?)\s(?:of|in|:)\s/.exec(bare.slice(0, 300));
  if (loop !== null) {
    const at = loop.index + loop[0].length;
    return { names: loop[1]!.match(NAME)?.slice(-2) ?? [], value: bare.slice(at), at };
  }
  const equals = assignmentSign(bare);
  if (equals < 0) return null;
  const target = bare
    .slice(Math.max(0, equals - 300), equals)
    .replace(/[:+.?|*-]+$/, '')
    .trimEnd();
  const at = bare[equals + 1] === '=' ? equals + 2 : equals + 1;
  return { names: targetsOf(target), value: bare.slice(at), at };
}

function assignmentSign(bare: string): number {
  let depth = 0;
  for (let i = 0; i < bare.length; i++) {
    const char = bare[i];
    if (char === '(' || char === '[') depth++;
    else if (char === ')' || char === ']') depth--;
    if (char !== '=' || depth > 0) continue;
    const [before, after] = [bare[i - 1] ?? ' ', bare[i + 1] ?? ' '];
    if (after === '=' || after === '>' || after === '~') i++;
    else if (!'!<>=~'.includes(before)) return i;
  }
  return -1;
}

function targetsOf(target: string): string[] {
  const open = target.lastIndexOf('{');
  const last = target.slice(target.lastIndexOf(';') + 1);
  if (open >= 0 && target.indexOf('}', open) > 0) return target.slice(open).match(NAME) ?? [];
  const list = last.includes(',') && !last.includes('<') ? last : '';
  if (list !== '') return (list.match(NAME) ?? []).filter((name) => !DECLARATION_WORDS.has(name));
  const untyped = last.replace(/(\w)\s*\??:\s*[\w<>|[\]., ]{1,80}$/, '$1').replace(/\[[^\]]{0,80}\]$/, '');
  const names = untyped.match(NAME) ?? [];
  return names.slice(-1);
}

const ANNOTATED =
  /@(?:RequestParam|PathVariable|RequestBody|QueryParam|PathParam|FormParam|RequestHeader|CookieValue)\b(?:\([^)]{0,100}\))?\s+(?:final\s+)?[\w<>[\]]{1,60}\s+(\w+)|\[From(?:Query|Body|Route|Form|Header)\]\s*[\w<>[\]?]{1,60}\s+(\w+)/g;
const ROUTE = /@\w{1,40}\.(?:route|get|post|put|patch|delete)\(/;

/** Parameters of a handler that a web framework fills from the request. */
export function requestParameters(bare: string, before: string, language: Language): string[] {
  if (language === 'java' || language === 'csharp')
    return [...bare.matchAll(ANNOTATED)].map((match) => (match[1] ?? match[2])!);
  if (language !== 'python' || !ROUTE.test(before)) return [];
  const parameters = /\bdef\s+\w+\(([^)]{0,400})\)/.exec(bare)?.[1] ?? '';
  return parameters
    .split(',')
    .map((parameter) => /^\s*(\w+)/.exec(parameter)?.[1] ?? '')
    .filter((name) => name !== '' && name !== 'self' && name !== 'request');
}
