import { lexHunk, type SourceLine } from '../../../diff/lexer.ts';

/** Python that a checker can parse, made of the hunks of a file, and where each of its rows comes from. */
export interface PythonFragment {
  rows: string[];
  /** For each row the line of the changed file; absent for rows that only hold the fragment together. */
  origins: (SourceLine | undefined)[];
}

interface Row {
  text: string;
  origin: SourceLine;
  indentColumns: number;
  /** Whether the row begins a statement: no bracket, string or backslash of an earlier row reaches into it. */
  begins: boolean;
}

interface Level {
  indentColumns: number;
  /** The first statement of the hunk on this level. */
  text: string;
}

/** Brackets inside one another and operators of one statement that checkers' recursion is known to survive. */
const BRACKET_DEPTH_MAX = 40;
const OPERATORS_MAX = 1000;
/** Blocks inside one another; deeper rows are flattened to this. */
const INDENT_COLUMNS_MAX = 160;
const TAB_COLUMNS = 8;

/**
 * Makes one module of hunks that begin and end anywhere: blocks and brackets that were open before a hunk are opened,
 * those that it leaves open are closed. Comments are blank, so none can switch a checker off. Linear in the text.
 */
export function pythonFragment(hunks: readonly (readonly SourceLine[])[], prelude: readonly string[]): PythonFragment {
  const fragment: PythonFragment = { rows: [...prelude], origins: prelude.map(() => undefined) };
  for (const hunk of hunks) appendHunk(fragment, hunk);
  return fragment;
}

function appendHunk(fragment: PythonFragment, hunk: readonly SourceLine[]): void {
  const { rows, opened, left } = rowsOf(outsideString(hunk));
  const starts = rows.filter(({ begins, text }) => begins && text !== '');
  const levels = levelsOf(starts);
  const base = levels[0]?.indentColumns ?? 0;
  const push = (columns: number, text: string, origin?: SourceLine) => {
    fragment.rows.push(' '.repeat(Math.max(0, columns - base)) + text);
    fragment.origins.push(origin);
  };
  for (const { indentColumns, text } of levels.slice(0, -1)) push(indentColumns, openerFor(text));
  const { indentColumns: first, text: firstText } = levels.at(-1) ?? { indentColumns: 0, text: '' };
  if (CONTINUES_BLOCK.test(firstText)) {
    push(first, openerFor(firstText));
    push(first + 1, 'pass');
  }
  if (opened !== '') push(first, `_ = ${opened}`);
  for (const { text, origin, begins, indentColumns } of rows) push(begins ? indentColumns : base, text, origin);
  const last = starts.at(-1);
  if (left !== '') push(base, left);
  else if (last?.text.endsWith(':')) push(last.indentColumns + 1, 'pass');
  else if (last?.text.startsWith('@')) push(last.indentColumns, 'def _(): pass');
}

/** Where a text of several lines begins: behind an assignment or a bracket, or under the head of a block. */
const BEGINS_TEXT = /[=(,[{:%+rRbBuUfF]\s*$/;

/**
 * The hunk without the end of a text that was open before it. A hunk with an even number of marks is taken as it is; of
 * one with an odd number, the first mark closes a text if nothing before it calls for one.
 */
function outsideString(hunk: readonly SourceLine[]): readonly SourceLine[] {
  const marks = hunk.flatMap(({ raw }, row) =>
    [...raw.matchAll(/"{3}|'{3}/g)].map(({ 0: mark, index }) => ({ row, mark, index })),
  );
  const [first] = marks;
  if (first === undefined || marks.filter(({ mark }) => mark === first.mark).length % 2 === 0) return hunk;
  const before = hunk[first.row]!.raw.slice(0, first.index);
  const above = hunk.slice(0, first.row).findLast(({ raw }) => raw.trim() !== '')?.raw ?? '';
  if (BEGINS_TEXT.test(before) || (before.trim() === '' && BEGINS_TEXT.test(above))) return hunk;
  const lines = hunk
    .slice(first.row + 1)
    .map(({ added, line, raw }) => ({ kind: added ? 'added' : 'context', line, text: raw }) as const);
  return lexHunk({ lines }, 'python');
}

const CONTINUES_BLOCK = /^(?:else|elif|except|finally)\b/;
const openerFor = (text: string): string => (/^(?:except|finally)\b/.test(text) ? 'try:' : 'if 1:');

/** The levels to which a hunk falls back below its first statement, the outermost first. */
function levelsOf(starts: readonly Row[]): Level[] {
  const levels: Level[] = [];
  for (const { indentColumns, text } of starts) {
    if (indentColumns < (levels.at(-1)?.indentColumns ?? Number.POSITIVE_INFINITY))
      levels.push({ indentColumns, text });
  }
  return levels.reverse();
}

const OPENING: Record<string, string> = { ')': '(', ']': '[', '}': '{' };
const CLOSING: Record<string, string> = { '(': ')', '[': ']', '{': '}' };
const OPERATORS = /[-+*/%@&|^~.<>=([{:]|\b(?:not|lambda|if|await|and|or|in)\b/g;

/** The rows of a hunk, the brackets that were `opened` before it, and the closing ones of those that are `left` open. */
function rowsOf(hunk: readonly SourceLine[]): { rows: Row[]; opened: string; left: string } {
  const open: string[] = [];
  let opened = '';
  let inString = false;
  let goesOn = false;
  let operators = 0;
  const rows = hunk.map((line): Row => {
    const begins = open.length === 0 && !inString && !goesOn;
    operators = (begins ? 0 : operators) + (line.bare.match(OPERATORS)?.length ?? 0);
    const indentColumns = indentOf(line.code);
    if (operators > OPERATORS_MAX || open.length > BRACKET_DEPTH_MAX || nests(line.bare)) {
      return { text: begins ? 'pass' : '', origin: line, indentColumns, begins };
    }
    for (const char of line.bare) {
      if (CLOSING[char] !== undefined) open.push(char);
      else if (OPENING[char] !== undefined && open.pop() === undefined) opened = OPENING[char] + opened;
    }
    if ((line.bare.split('"""').length + line.bare.split("'''").length) % 2 === 1) inString = !inString;
    goesOn = line.bare.trimEnd().endsWith('\\');
    return { text: begins ? modern(line.code.trim()) : line.code.trimEnd(), origin: line, indentColumns, begins };
  });
  const left = open.map((char) => CLOSING[char]!);
  return { rows, opened, left: left.reverse().join('') };
}

/** Python 2, as far as one row tells, in the words of Python 3. */
function modern(text: string): string {
  if (text.startsWith('print ') && !/^print\s*[(=]/.test(text)) return `print(${text.slice(6).replace(/^>>/, '')})`;
  return text.replace(/^except ([\w.]{1,80}|\([\w., ]{1,200}\)), {0,4}(\w{1,80}):/, 'except $1 as $2:');
}

function indentOf(text: string): number {
  let columns = 0;
  for (const char of text) {
    if (char === ' ') columns++;
    else if (char === '\t') columns += TAB_COLUMNS - (columns % TAB_COLUMNS);
    else break;
  }
  return Math.min(columns, INDENT_COLUMNS_MAX);
}

function nests(bare: string): boolean {
  let depth = 0;
  for (const char of bare) {
    if (CLOSING[char] !== undefined) depth++;
    else if (OPENING[char] !== undefined) depth--;
    if (depth > BRACKET_DEPTH_MAX) return true;
  }
  return false;
}
