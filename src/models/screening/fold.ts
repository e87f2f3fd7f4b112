import { CONFUSABLES } from './confusables.ts';

/** Text in the one form in which it is matched. Never shown or signed: quotes come from the source. */
export interface Folded {
  text: string;
  /** For each unit of `text`, where its character begins in the source. */
  from: Uint32Array;
  /** Characters that are written in a way that people do not see: where they stand in the source. */
  hidden: number[];
}

const TAGS_FROM = 0xe0000;
/** The first unit of tag characters in UTF-16, and the black flag that may stand before real ones. */
const FLAG = 0x1f3f4;
/** Marks that turn the order of what follows; those that come along with copied paths are not among them. */
const BIDI_CONTROL = /[\u202b\u202d\u202e\u2066-\u2068]/;
const IGNORABLE = /^[\p{Cf}\p{Default_Ignorable_Code_Point}]$/u;
const LETTER = /[A-Za-z]/;

/**
 * Folds compatibility forms (NFKC), accents, case, invisible characters and letters of other scripts that look Latin.
 * Tag characters, which no one sees and models read, become the letters that they stand for. Linear in the text.
 */
export function fold(source: string): Folded {
  if (ASCII.test(source)) return { text: source.toLowerCase(), from: counted(source.length + 1), hidden: [] };
  const parts: string[] = [];
  const from: number[] = [];
  const hidden: number[] = [];
  let flag = false;
  for (let i = 0; i < source.length; ) {
    const code = source.codePointAt(i)!;
    const size = code > 0xffff ? 2 : 1;
    const isTag = code >= TAGS_FROM && code < TAGS_FROM + 0x80;
    if ((isTag && !flag) || (code > 0x7f && hides(source, i, size))) hidden.push(i);
    flag = code === FLAG || (isTag && flag);
    const folded = foldedOf(code);
    parts.push(folded);
    for (let unit = 0; unit < folded.length; unit++) from.push(i);
    i += size;
  }
  return { text: parts.join(''), from: Uint32Array.from(from), hidden };
}

/** Most texts are plain: for them nothing but the case changes, and all places stay. */
const ASCII = /^[\0-\x7f]*$/;
let numbers = new Uint32Array();

function counted(length: number): Uint32Array {
  if (numbers.length < length) numbers = Uint32Array.from({ length }, (_, i) => i);
  return numbers.subarray(0, length);
}

/** Invisible characters are ordinary in emoji and in some scripts; inside a Latin word, or turning its order, they are not. */
function hides(source: string, at: number, size: number): boolean {
  const char = source.slice(at, at + size);
  if (BIDI_CONTROL.test(char)) return true;
  if (char === '\u00ad' || !IGNORABLE.test(char)) return false;
  return LETTER.test(source[at - 1] ?? '') && LETTER.test(source[at + size] ?? '');
}

const cache = new Map<number, string>();
/** Code points kept; a text in all scripts of the world must not fill the memory. */
const CACHE_MAX = 5000;

function foldedOf(code: number): string {
  if (code < 0x80) return code >= 0x41 && code <= 0x5a ? String.fromCharCode(code + 0x20) : String.fromCharCode(code);
  const known = cache.get(code);
  if (known !== undefined) return known;
  const folded = foldCharacter(code);
  if (cache.size < CACHE_MAX) cache.set(code, folded);
  return folded;
}

function foldCharacter(code: number): string {
  if (code >= TAGS_FROM + 0x20 && code < TAGS_FROM + 0x7f) return String.fromCharCode(code - TAGS_FROM).toLowerCase();
  const char = String.fromCodePoint(code);
  if (IGNORABLE.test(char)) return '';
  const plain = char.normalize('NFKD').replace(/\p{M}/gu, '');
  return [...plain].map((letter) => CONFUSABLES.get(letter) ?? letter.toLowerCase()).join('');
}
