import { type Word, wordsOf } from '../embedded/skill/text.ts';

/** Words that something must follow, and no other of these can. */
const LEADING = new Set('the a an its their his her my your our every each'.split(' '));
/** Words that no such word stands before. */
const NEVER_LED = new Set(
  `the a an is are was were am be been being has have had do does did will would can could should may might must of in on at by to into from
  with and or but nor because if when while than that it he she they we you i which who its their his her my your our this these
  those not as so then there`.split(/\s+/),
);
/** Words with an object, which none of these begins. */
const GOVERNING = new Set('of from into with at by and or because if to than'.split(' '));
const NO_OBJECT = new Set(
  'is are was were of and or but will would can could may might must does did has had'.split(' '),
);

/** A text of as many words of which one is out of place is still an answer; of these a share of them must be. */
const FAULTS_MIN = 1;
const FAULT_SHARE = 0.06;
/** Without any small word, so many words are a list. */
const LIST_WORDS_MIN = 3;

/** Whether a text is words rather than sentences: no small words at all, or small words where none can stand. */
export function isDisordered(text: string): boolean {
  const words = wordsOf(text);
  if (words.length >= LIST_WORDS_MIN && words.every(({ content }) => content)) return true;
  const faults = words.filter((word, i) => isFault(word, words[i + 1])).length;
  return faults >= FAULTS_MIN && faults > FAULT_SHARE * words.length;
}

function isFault({ text, sentence }: Word, next: Word | undefined): boolean {
  const follower = next?.sentence === sentence ? next.text : undefined;
  if (LEADING.has(text)) return follower === undefined || NEVER_LED.has(follower);
  return GOVERNING.has(text) && (follower === undefined ? text !== 'with' && text !== 'by' : NO_OBJECT.has(follower));
}
