import type { Language } from '../../../diff/language.ts';
import type { SourceLine } from '../../../diff/lexer.ts';

/** A regular expression as it stands in a line. */
export interface RegexLiteral {
  source: string;
  flags: string;
}

/** In `bare` the inside of a literal is blank: a slash, blanks, a slash, flags. */
const SLASHED = /\/( {1,300})\/([a-z]{0,8})(?!\w)/g;
const CONSTRUCTED = /\bRegExp\s{0,4}\(\s{0,4}(["'])( {1,300})\1/g;
const COMPILED = /\bre\.(?:compile|match|search|sub|split|findall|finditer|fullmatch)\(\s{0,4}(r?)(["'])( {1,300})\2/g;

/** Regular expressions of a line, in the languages whose literals can be told; others give none. */
export function regexesIn(line: SourceLine, language: Language): RegexLiteral[] {
  if (language === 'js') return [...slashed(line), ...constructed(line)];
  return language === 'python' ? compiled(line) : [];
}

function slashed({ code, bare }: SourceLine): RegexLiteral[] {
  return [...bare.matchAll(SLASHED)].map((match) => {
    const start = match.index + 1;
    return { source: code.slice(start, start + match[1]!.length), flags: match[2]! };
  });
}

function constructed({ code, bare }: SourceLine): RegexLiteral[] {
  return [...bare.matchAll(CONSTRUCTED)].map((match) => {
    const end = match.index + match[0].length - 1;
    return { source: unescaped(code.slice(end - match[2]!.length, end)), flags: '' };
  });
}

function compiled({ code, bare }: SourceLine): RegexLiteral[] {
  return [...bare.matchAll(COMPILED)].map((match) => {
    const end = match.index + match[0].length - 1;
    const text = code.slice(end - match[3]!.length, end);
    const source = match[1] === 'r' ? text : unescaped(text);
    return { source: source.replaceAll('(?P<', '(?<').replace(/\(\?P=(\w{1,40})\)/g, '\\k<$1>'), flags: '' };
  });
}

const unescaped = (text: string): string => text.replace(/\\([\\"'/])/g, '$1');
