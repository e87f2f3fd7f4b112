import { SENTENCE_WORDS_MAX } from './limits.ts';
import type { Word } from './words.ts';

/** Words of a sentence that is scored; shorter ones say too little. */
const WORDS_MIN = 4;
/** Share of letters and blanks from which a text is speech rather than code. */
const SPEECH_SHARE = 0.8;
const COMMENT = /^\s*(?:\/\/|\/?\*|#|--|;|<!--|"""|''')/;

/** Cuts a text's words into sentences of speech. In code, a sentence runs over the end of a line only in comments. */
export function sentencesOf(words: readonly Word[], source: string, prose: boolean): Word[][] {
  const sentences: Word[][] = [];
  let sentence: Word[] = [];
  const close = () => {
    if (sentence.length >= WORDS_MIN && isSpeech(sentence, source)) sentences.push(sentence);
    sentence = [];
  };
  for (const [i, word] of words.entries()) {
    sentence.push(word);
    const next = words[i + 1];
    if (next === undefined || word.ends || next.code || sentence.length >= SENTENCE_WORDS_MAX) close();
    else if (!prose && isCut(source, word.end, next.start)) close();
  }
  return sentences;
}

/** Whether a line ends between two words and the next one is not of the same comment. */
function isCut(source: string, from: number, to: number): boolean {
  const newline = source.slice(from, to).lastIndexOf('\n');
  return newline >= 0 && !COMMENT.test(source.slice(from + newline + 1, to + 1));
}

function isSpeech(sentence: readonly Word[], source: string): boolean {
  const text = source.slice(sentence[0]!.start, sentence.at(-1)!.end);
  const said = text.replace(/[^\p{L}\s,.'’]/gu, '').length;
  return said >= SPEECH_SHARE * text.length;
}
