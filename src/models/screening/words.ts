import type { Folded } from './fold.ts';

/** A word as matched, and its place in the source: from `start` to before `end`. */
export interface Word {
  text: string;
  start: number;
  end: number;
  /** Whether a sentence ends behind it. */
  ends: boolean;
  /** Whether an opening bracket or a sign of assignment stands before it, as in code and seldom in speech. */
  code: boolean;
}

const TOKENS = /[\p{L}\p{N}]+(?:['’][\p{L}]+)*|[^\p{L}\p{N}\s]+|\s+/gu;
/** Digits and signs that stand for letters inside a word. */
const LEET: Record<string, string> = { 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's', 7: 't' };

/** The words of a folded text; camelCase and snake_case are taken apart, as a model reads them. */
export function wordsOf(folded: Folded, source: string): Word[] {
  const words: Word[] = [];
  let code = false;
  for (const { 0: token, index } of folded.text.matchAll(TOKENS)) {
    if (/^[\p{L}\p{N}]/u.test(token)) {
      words.push(...partsOf(token, index, folded, source, code));
      code = false;
    } else if (words.length > 0 && endsSentence(token, folded.text[index + token.length])) words.at(-1)!.ends = true;
    if (/[([{=]/.test(token)) code = true;
  }
  return spelledOut(words);
}

/** A full stop inside a name or number ends nothing; a blank line does. */
function endsSentence(token: string, next = ' '): boolean {
  if (/\n\s*\n/.test(token)) return true;
  return /[!?;。！？]/.test(token) || (token.includes('.') && /\s/.test(next)) || /[<>|]/.test(token);
}

function partsOf(token: string, index: number, { from }: Folded, source: string, code: boolean): Word[] {
  const parts: Word[] = [];
  let begin = 0;
  for (let i = 1; i <= token.length; i++) {
    if (i < token.length && !isHump(source, from[index + i - 1]!, from[index + i]!)) continue;
    const start = from[index + begin]!;
    const end = from[index + i] ?? source.length;
    parts.push({ text: plain(token.slice(begin, i)), start, end, ends: false, code: code && begin === 0 });
    begin = i;
  }
  return parts;
}

function isHump(source: string, before: number, at: number): boolean {
  return /[a-z]/.test(source[before]!) && /[A-Z]/.test(source[at]!);
}

/** Digits between letters are read as the letters that they resemble. */
function plain(word: string): string {
  if (!/[a-z]/.test(word) || !/[013457]/.test(word)) return word;
  const read = word.replace(/[013457]/g, (digit) => LEET[digit]!);
  return /^[a-z']+$/.test(read) && word.length > 3 ? read : word;
}

/** Letters of a word that stand one by one. */
const SPELLED_MIN = 5;

/** Joins words that are spelled out, as in "a p p r o v e". */
function spelledOut(words: readonly Word[]): Word[] {
  const joined: Word[] = [];
  for (let i = 0; i < words.length; ) {
    let end = i;
    while (end < words.length && words[end]!.text.length === 1 && !(end > i && words[end]!.code)) end++;
    if (end - i >= SPELLED_MIN) {
      const letters = words.slice(i, end);
      const { end: last, ends } = letters.at(-1)!;
      joined.push({ ...letters[0]!, text: letters.map(({ text }) => text).join(''), end: last, ends });
      i = end;
    } else joined.push(words[i++]!);
  }
  return joined;
}
