import type { ChangedLine } from './view.ts';

const KEYWORDS = new Set(
  `if else for while return throw raise new delete try catch except finally with in not and or is none null nil true
  false switch case break continue goto const let var function def class lambda await async import from static void
  int char unsigned long struct sizeof self this typeof instanceof`.split(/\s+/),
);
const PART = /(["'`])|([A-Za-z_$][\w$]{0,60})|\d[\w.]{0,20}|[=!<>]=+|&&|\|\||->|=>|[-+*%|&]=?|[^\s\w]/g;
const OUTSIDE = /^(?:req|request|params|input|argv|query|body|user|args|\$_)/;

/**
 * The shape of a line: calls by their names, strings by what they hold, and every other name as where its value
 * comes from. `db.query("select ..." + req.body.id)` gives `v .query ( SQL + SRC )`.
 */
export function shapeOf({ code, bare }: ChangedLine): string[] {
  const shape: string[] = [];
  const part = new RegExp(PART);
  for (let match = part.exec(bare); match !== null; match = part.exec(bare)) {
    const [text, quote, word] = match;
    if (quote !== undefined) {
      const end = bare.indexOf(quote, part.lastIndex);
      const stop = end < 0 ? bare.length : end;
      shape.push(stringShape(code.slice(part.lastIndex, stop)));
      if (bare.slice(part.lastIndex, stop).trim() !== '') shape.push('INTERPOLATED');
      part.lastIndex = stop + 1;
    } else if (word !== undefined) pushWord(shape, word, isCalled(bare, part.lastIndex));
    else if (/^\d/.test(text)) shape.push(text === '0' ? '0' : 'n');
    else shape.push(text);
  }
  return shape;
}

/** Whether a parenthesis follows, over a few blanks at most. */
function isCalled(bare: string, from: number): boolean {
  return bare
    .slice(from, from + 8)
    .trimStart()
    .startsWith('(');
}

function pushWord(shape: string[], word: string, called: boolean): void {
  const name = word.toLowerCase();
  const isMember = shape.at(-1) === '.' || shape.at(-1) === '->';
  if (KEYWORDS.has(name) && !isMember) shape.push(name);
  else if (called) {
    if (isMember) shape.pop();
    shape.push(isMember ? `.${name}` : name);
  } else if (isMember) shape.pop();
  else if (OUTSIDE.test(name)) shape.push('SRC');
  else shape.push(/^[A-Z_0-9]{3,}$/.test(word) ? 'K' : 'v');
}

function stringShape(text: string): string {
  const marks = (/%[sdrv]/.test(text) ? '%' : '') + (/[{$]/.test(text) ? '{' : '');
  return kindOfString(text) + marks;
}

function kindOfString(text: string): string {
  if (/\b(?:select|insert|update|delete|where|from|values)\b/i.test(text)) return 'SQL';
  if (/<\/?\w/.test(text)) return 'HTML';
  if (/https?:|\/\//.test(text)) return 'URL';
  if (/\.\.|\/\w/.test(text)) return 'PATH';
  if (/%[sdrv]|\{\w*\}/.test(text)) return 'FORMAT';
  return text.length === 0 ? 'EMPTY' : text.length === 1 ? 'CHAR' : 'STRING';
}

/** Parts of a call that its shape tells; the rest of a long one says little. */
const CALL_PARTS = 14;

/** What is passed to each call of a line, once in order and once as a set. */
export function callsOf(shape: readonly string[]): string[] {
  return shape.flatMap((name, i) => {
    if (shape[i + 1] !== '(' || !/^\.?[a-z_$]{2}/.test(name)) return [];
    const parts = argumentsAt(shape, i + 1);
    const passed = parts.map((part) => (/^[.a-z_$]{2}/.test(part) ? 'f' : part));
    const kinds = new Set(parts.filter((part) => /^[A-Zv+%]/.test(part)));
    return [`call ${name} ${passed.join('')}`, `passes ${name} ${[...kinds].sort().join('')}`];
  });
}

function argumentsAt(shape: readonly string[], open: number): string[] {
  let depth = 0;
  for (let i = open; i < shape.length && i < open + CALL_PARTS; i++) {
    if (shape[i] === '(') depth++;
    else if (shape[i] === ')') depth--;
    if (depth === 0) return shape.slice(open, i + 1);
  }
  return shape.slice(open, open + CALL_PARTS);
}
