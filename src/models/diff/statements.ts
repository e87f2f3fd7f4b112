import type { SourceLine } from './lexer.ts';

/** Consecutive lines that belong to one statement, as far as brackets and operators tell. */
export interface Statement {
  lines: SourceLine[];
  /** The lines joined by newlines: comments blanked. */
  code: string;
  /** The same columns with the text of strings blanked too. */
  bare: string;
  /** Whether some line of it was added. */
  added: boolean;
}

/** Lines in one statement; longer ones are data or a missed bracket. */
const STATEMENT_LINES_MAX = 12;
const CONTINUES = /[+,(=.&|\\%?:[]$|\b(?:and|or|in|return)$/;
const CONTINUED = /^(?:[+.?&|%)\]]|->|::|\.\.|and\b|or\b)/;

/** Groups the lines of a hunk into statements; a blank line or a block's brace ends one. */
export function statementsOf(lines: readonly SourceLine[]): Statement[] {
  const statements: Statement[] = [];
  let open: SourceLine[] = [];
  let depth = 0;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    open.push(line);
    const text = line.bare.trim();
    depth = Math.max(0, depth + depthOf(text));
    const next = lines[i + 1]?.bare.trim() ?? '';
    const opensBlock = /[{};]$/.test(text) || text === '' || (text.endsWith(':') && depth === 0);
    const goesOn = !opensBlock && next !== '' && (depth > 0 || CONTINUES.test(text) || CONTINUED.test(next));
    if (goesOn && open.length < STATEMENT_LINES_MAX) continue;
    statements.push(statementOf(open));
    open = [];
    depth = 0;
  }
  if (open.length > 0) statements.push(statementOf(open));
  return statements;
}

function depthOf(text: string): number {
  let depth = 0;
  for (const char of text) {
    if (char === '(' || char === '[') depth++;
    else if (char === ')' || char === ']') depth--;
  }
  return depth;
}

function statementOf(lines: SourceLine[]): Statement {
  return {
    lines,
    code: lines.map((line) => line.code).join('\n'),
    bare: lines.map((line) => line.bare).join('\n'),
    added: lines.some((line) => line.added),
  };
}

/** The line of a statement at a column of its joined text. */
export function lineAt(statement: Statement, column: number): SourceLine {
  let end = 0;
  for (const line of statement.lines) {
    end += line.code.length + 1;
    if (column < end) return line;
  }
  return statement.lines.at(-1)!;
}

/** End of the expression that begins at `from`: before a closing bracket, a semicolon or (unless `commas`) a comma. */
export function expressionEnd(bare: string, from: number, commas = false): number {
  let depth = 0;
  for (let i = from; i < bare.length; i++) {
    const char = bare[i]!;
    if (char === '(' || char === '[' || char === '{') depth++;
    else if (char === ')' || char === ']' || char === '}') depth--;
    if (depth < 0 || (depth === 0 && (char === ';' || (char === ',' && !commas)))) return i;
  }
  return bare.length;
}

const IDENTIFIER = /(?<![\w$@.])[$@]{0,2}[A-Za-z_][\w$]*(?:(?:\?\.|\.|->|::)[A-Za-z_][\w$]*)*/g;
const KEYWORDS = new Set(
  `const let var new await return if else for in of not and or is null nil None true false True False undefined this self
  function def fn func lambda typeof void throw yield end do then echo print String str string format sprintf Sprintf fmt.Sprintf String.format
  string.Format int float f r b u rf fr concat join map toString trim String.valueOf`.split(/\s+/),
);

/** Names of values that an expression reads: no keywords, constants in capitals, or names of called functions. */
export function valuesIn(bare: string): string[] {
  const names: string[] = [];
  for (const match of bare.matchAll(IDENTIFIER)) {
    const name = match[0];
    const next = bare.slice(match.index + name.length, match.index + name.length + 2).trimStart()[0] ?? '';
    const prefix = /^(?:[frbuFRBU]{1,2})$/.test(name) && /["'`]/.test(next);
    if (prefix || KEYWORDS.has(name) || /^[A-Z][A-Z0-9_]+$/.test(name)) continue;
    if (next === '(' && !name.includes('.') && !name.includes('->')) continue;
    names.push(name);
  }
  return names;
}
