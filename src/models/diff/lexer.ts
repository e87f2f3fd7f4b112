import type { Language } from './language.ts';
import type { DiffHunk } from './parse-diff.ts';

/** A line of the changed file as rules read it. All three texts have the same columns. */
export interface SourceLine {
  added: boolean;
  line: number;
  raw: string;
  /** Comments blanked. */
  code: string;
  /** Comments and the text of strings blanked; quotes and interpolated expressions stay. */
  bare: string;
}

interface Syntax {
  lineComment: readonly string[];
  block?: readonly [string, string];
  /** Quote marks; a mark in `multiline` runs over line ends. */
  quotes: string;
  multiline: string;
  /** How an expression inside a string begins. */
  interpolation: '${' | '{' | '#{' | '$' | '';
}

const C_LIKE: Syntax = { lineComment: ['//'], block: ['/*', '*/'], quotes: `"'`, multiline: '', interpolation: '' };
const HASH: Syntax = { lineComment: ['#'], quotes: `"'`, multiline: '', interpolation: '' };
const SYNTAX: Record<Language, Syntax> = {
  js: { ...C_LIKE, quotes: `"'\``, multiline: '`', interpolation: '${' },
  java: { ...C_LIKE, interpolation: '$' },
  go: { ...C_LIKE, quotes: `"'\``, multiline: '`' },
  c: C_LIKE,
  csharp: { ...C_LIKE, interpolation: '{' },
  rust: { ...C_LIKE, quotes: '"', multiline: '"' },
  php: { ...C_LIKE, lineComment: ['//', '#'], multiline: `"'`, interpolation: '$' },
  python: { ...HASH, interpolation: '{' },
  ruby: { ...HASH, quotes: `"'\``, interpolation: '#{' },
  shell: { ...HASH, quotes: `"'\``, interpolation: '$' },
  yaml: HASH,
  docker: { ...HASH, interpolation: '$' },
  sql: { lineComment: ['--'], block: ['/*', '*/'], quotes: `'"`, multiline: '', interpolation: '' },
  html: { ...C_LIKE, lineComment: [], block: ['<!--', '-->'], quotes: '"' },
  unknown: { ...C_LIKE, lineComment: [] },
  text: { lineComment: [], quotes: '', multiline: '', interpolation: '' },
  data: { lineComment: [], quotes: '"', multiline: '', interpolation: '' },
};

/**
 * The lines of a hunk with comments and strings told apart: of the changed file, or of the original, where
 * `added` marks the removed lines. Linear in the text.
 */
export function lexHunk(hunk: DiffHunk, language: Language, version: 'changed' | 'original' = 'changed'): SourceLine[] {
  const [own, other] = version === 'changed' ? (['added', 'removed'] as const) : (['removed', 'added'] as const);
  const kept = hunk.lines.filter((line) => line.kind !== other);
  const text = kept.map((line) => line.text).join('\n');
  const { code, bare } = new Lexer(text, SYNTAX[language], language).run();
  const [codes, bares] = [code.split('\n'), bare.split('\n')];
  return kept.map(({ kind, line, text: raw }, i) => ({
    added: kind === own,
    line,
    raw,
    code: codes[i]!,
    bare: bares[i]!,
  }));
}

/** Bounds that keep the lexer linear on bait: the longest literal looked for, and the context that tells regex from division. */
const STRING_CHARS_MAX = 4000;
const REGEX_CHARS_MAX = 300;
const REGEX_LOOKBEHIND_CHARS = 40;
const BEFORE_REGEX = /[=(,:[!&|?{};+~^]$|^$|\b(?:return|typeof|case|in|of)$/;

class Lexer {
  readonly #text: string;
  readonly #syntax: Syntax;
  readonly #language: Language;
  readonly #code: string[];
  readonly #bare: string[];
  #at = 0;
  /** Whether only blanks stand before this place on its line. */
  #lineIsBlank = true;
  /** Whether the text from here on is known to hold no end of a block comment. */
  #blockNeverCloses = false;

  constructor(text: string, syntax: Syntax, language: Language) {
    this.#text = text;
    this.#syntax = syntax;
    this.#language = language;
    this.#code = text.split('');
    this.#bare = text.split('');
  }

  run(): { code: string; bare: string } {
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at]!;
      this.#step(char);
      this.#lineIsBlank = char === '\n' || (this.#lineIsBlank && (char === ' ' || char === '\t'));
    }
    return { code: this.#code.join(''), bare: this.#bare.join('') };
  }

  #step(char: string): void {
    const { block, quotes } = this.#syntax;
    if (block !== undefined && this.#text.startsWith(block[0], this.#at)) this.#blockComment(block);
    else if (this.#startsLineComment()) this.#comment(this.#lineEnd());
    else if (quotes.includes(char) && !this.#insideWord(char)) this.#string(char);
    else if (char === '/' && this.#language === 'js' && this.#startsRegex()) this.#regex();
    else if (char === '*' && block?.[0] === '/*' && this.#startsDocLine()) this.#comment(this.#lineEnd());
    else this.#at++;
  }

  #lineEnd(from = this.#at): number {
    const end = this.#text.indexOf('\n', from);
    return end < 0 ? this.#text.length : end;
  }

  #startsLineComment(): boolean {
    const before = this.#text[this.#at - 1] ?? '\n';
    return this.#syntax.lineComment.some((mark) => {
      if (!this.#text.startsWith(mark, this.#at)) return false;
      if (mark === '//') return before !== ':';
      return mark !== '#' || (/\s|[;)}]/.test(before) && this.#text[this.#at + 1] !== '[');
    });
  }

  /** A hunk may begin inside a documentation comment, whose lines begin with a star and a blank. */
  #startsDocLine(): boolean {
    return this.#lineIsBlank && /[\s/*]/.test(this.#text[this.#at + 1] ?? '\n');
  }

  /** An apostrophe after a letter is no quote in text-like places, e.g. Rust lifetimes and digit separators. */
  #insideWord(quote: string): boolean {
    return quote === "'" && this.#language === 'c' && /\d/.test(this.#text[this.#at - 1] ?? '');
  }

  #startsRegex(): boolean {
    const before = this.#bare.slice(Math.max(0, this.#at - REGEX_LOOKBEHIND_CHARS), this.#at).join('');
    return BEFORE_REGEX.test(before.slice(before.lastIndexOf('\n') + 1).trimEnd());
  }

  #regex(): void {
    const end = Math.min(this.#lineEnd(), this.#at + REGEX_CHARS_MAX);
    let inClass = false;
    for (let i = this.#at + 1; i < end; i++) {
      const char = this.#text[i];
      if (char === '\\') i++;
      else if (char === '[') inClass = true;
      else if (char === ']') inClass = false;
      else if (char === '/' && !inClass) {
        this.#blank(this.#bare, this.#at + 1, i);
        this.#at = i + 1;
        return;
      }
    }
    this.#at++;
  }

  /** A block that does not end within the hunk is read as code: hiding behind one must not work. */
  #blockComment([open, close]: readonly [string, string]): void {
    const end = this.#blockNeverCloses ? -1 : this.#text.indexOf(close, this.#at + open.length);
    this.#blockNeverCloses = end < 0;
    if (end < 0) this.#at += open.length;
    else this.#comment(end + close.length);
  }

  #comment(end: number): void {
    this.#blank(this.#code, this.#at, end);
    this.#blank(this.#bare, this.#at, end);
    this.#at = end;
  }

  #string(quote: string): void {
    const triple = this.#language === 'python' && this.#text.startsWith(quote.repeat(3), this.#at);
    const mark = triple ? quote.repeat(3) : quote;
    const start = this.#at + mark.length;
    const lineEnd = this.#lineEnd(start);
    let end = this.#closing(
      mark,
      start,
      triple || this.#syntax.multiline.includes(quote) ? start + STRING_CHARS_MAX : lineEnd,
    );
    if (end < 0) end = lineEnd; // never closed: a fragment, or an apostrophe
    const expressions = this.#expressions(quote, start, end);
    const documentation = triple && this.#bareBefore().trim() === '';
    this.#blank(this.#bare, start, end);
    for (const [from, to] of expressions) for (let i = from; i < to; i++) this.#bare[i] = this.#text[i]!;
    if (documentation) this.#blank(this.#code, start, end);
    this.#at = Math.min(this.#text.length, end + mark.length);
    if (this.#text[end] === '\n') this.#at = end;
  }

  #bareBefore(): string {
    return this.#text.slice(this.#text.lastIndexOf('\n', this.#at - 1) + 1, this.#at);
  }

  #closing(mark: string, start: number, end: number): number {
    for (let i = start; i < Math.min(end, this.#text.length); i++) {
      if (this.#text[i] === '\\' && !(mark === '`' && this.#language === 'go')) i++;
      else if (this.#text[i] === mark[0] && this.#text.startsWith(mark, i)) return i;
    }
    return -1;
  }

  /** Ranges of interpolated expressions between two columns. */
  #expressions(quote: string, start: number, end: number): [number, number][] {
    const { interpolation } = this.#syntax;
    const plain = quote === "'" && interpolation !== '{';
    const prefix = this.#text.slice(Math.max(0, this.#at - 2), this.#at);
    const formatted = interpolation !== '{' || /[fF$]/.test(prefix);
    if (interpolation === '' || plain || !formatted || (interpolation === '${' && quote !== '`')) return [];
    const body = this.#text.slice(start, end);
    const ranges: [number, number][] = [];
    for (const match of body.matchAll(PLACES[interpolation])) {
      ranges.push([start + match.index, start + match.index + match[0].length]);
    }
    return ranges;
  }

  #blank(chars: string[], from: number, to: number): void {
    for (let i = from; i < to; i++) if (chars[i] !== '\n') chars[i] = ' ';
  }
}

/** Interpolated expressions, by how they begin. Bounded repetitions keep matching linear. */
const PLACES: Record<'${' | '{' | '#{' | '$', RegExp> = {
  '${': /\$\{[^}]{0,300}\}/g,
  '{': /\{[^{}]{1,300}\}/g,
  '#{': /#\{[^}]{0,300}\}/g,
  $: /\{?\$\{?\w[\w.]{0,80}(?:->\w{1,80}|\[[^\]\n]{1,80}\])?\}?|\$\([^)\n]{1,300}\)|\$\{[^}\n]{1,300}\}/g,
};
