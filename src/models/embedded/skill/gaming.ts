import type { PreparedText } from './coverage.ts';
import { shinglesOf } from './coverage.ts';
import { wordsOf } from './text.ts';

/** Signs that a text was made to score rather than to answer; every number from 0 to 1. */
export interface GamingSigns {
  /** Share of the submission that stands word for word in the requirements. */
  copied: number;
  /** How far the text is from prose: 1 is a bare list of content words. */
  list: number;
  /** Share of three-word runs that occur before. */
  repeated: number;
  /** How far the text is the requirements' own words, none other, in another order. */
  scrambled: number;
}

/** Function words make about half of English prose; lists of keywords have next to none. */
const PROSE_SHARE = 0.28;
const LIST_SHARE = 0.08;
/** Shorter texts say too little about their manner. */
const WORDS_MIN = 6;

export function gamingSigns(text: PreparedText, requirements: readonly string[]): GamingSigns {
  const asked = shinglesOf(requirements.flatMap((requirement) => wordsOf(requirement)));
  const own = text.shingles;
  const copied = own.size === 0 ? 0 : [...own].filter((shingle) => asked.has(shingle)).length / own.size;
  const runs = Math.max(1, text.words.length - 2);
  return {
    copied: own.size === 0 ? sameWords(text, requirements) : copied,
    list: listShare(text),
    repeated: text.words.length < 12 ? 0 : 1 - own.size / runs,
    scrambled: text.words.length < WORDS_MIN ? 0 : scrambledShare(text, requirements, copied),
  };
}

/** Own words are what an answer is told from a shuffled reference by: from this share of borrowed ones on it is none. */
const BORROWED_FROM = 0.85;

function scrambledShare({ words }: PreparedText, requirements: readonly string[], copied: number): number {
  const asked = new Set(requirements.flatMap((requirement) => wordsOf(requirement).map((word) => word.text)));
  const borrowed = words.filter((word) => asked.has(word.text)).length / words.length;
  return Math.max(0, (borrowed - BORROWED_FROM) / (1 - BORROWED_FROM)) * (1 - copied);
}

function sameWords(text: PreparedText, requirements: readonly string[]): number {
  const own = text.words.map((word) => word.text).join(' ');
  return requirements.some(
    (requirement) =>
      wordsOf(requirement)
        .map((word) => word.text)
        .join(' ') === own,
  )
    ? 1
    : 0;
}

function listShare({ words, content }: PreparedText): number {
  if (words.length < WORDS_MIN) return 0;
  const share = 1 - content.length / words.length;
  return Math.min(1, Math.max(0, (PROSE_SHARE - share) / (PROSE_SHARE - LIST_SHARE)));
}
