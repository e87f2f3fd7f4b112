import { increasing } from './coverage.ts';
import type { PreparedText } from './prepared.ts';
import { askingShare } from './text.ts';

/** Signs that a text was made to score rather than to answer; every number from 0 to 1. */
export interface GamingSigns {
  /** Share of the submission that stands word for word in the requirements or in the skill's name. */
  copied: number;
  /** How far the text is from prose: 1 is a bare list of content words. */
  list: number;
  /** Share of three-word runs that occur before. */
  repeated: number;
  /** How far the text is the requirements' own words, none other, in another order. */
  scrambled: number;
  /** Share of the text's characters in sentences that ask or instruct, as a question does and an answer does not. */
  asking: number;
}

/** Function words make about half of English prose; lists of keywords have next to none. */
const PROSE_SHARE = 0.28;
const LIST_SHARE = 0.08;
/** Shorter texts say too little about their manner. */
const WORDS_MIN = 6;

/** `prompts` are the texts that whoever submits has before them: the requirements and the skill's name. */
export function gamingSigns(content: string, text: PreparedText, prompts: readonly PreparedText[]): GamingSigns {
  const asked = new Set(prompts.flatMap(({ shingles }) => [...shingles]));
  const own = text.shingles;
  const copied = own.size === 0 ? 0 : [...own].filter((shingle) => asked.has(shingle)).length / own.size;
  const runs = Math.max(1, text.words.length - 2);
  return {
    copied: own.size === 0 ? sameWords(text, prompts) : copied,
    list: listShare(text),
    repeated: text.words.length < 12 ? 0 : 1 - own.size / runs,
    scrambled: text.words.length < SCRAMBLED_MIN ? 0 : scrambledShare(text, prompts),
    asking: askingShare(content),
  };
}

/** Three words have too few orders to be told from chance. */
const SCRAMBLED_MIN = 4;
/** Own words are what an answer is told from a shuffled reference by: from this share of borrowed ones on it is none. */
const BORROWED_FROM = 0.8;

/** How much of a text of borrowed words stands in another order than in the prompt that it borrows most from. */
function scrambledShare({ words }: PreparedText, prompts: readonly PreparedText[]): number {
  const asked = new Set(prompts.flatMap((prompt) => [...prompt.places.keys()]));
  const borrowed = words.filter((word) => asked.has(word.text)).length / words.length;
  if (borrowed < BORROWED_FROM) return 0;
  const inOrder = prompts.map((prompt) => increasing(words.map(({ text }) => prompt.places.get(text) ?? [])));
  return 1 - Math.max(...inOrder) / (borrowed * words.length);
}

const spelled = ({ words }: PreparedText) => words.map((word) => word.text).join(' ');

function sameWords(text: PreparedText, prompts: readonly PreparedText[]): number {
  const own = spelled(text);
  return prompts.some((prompt) => spelled(prompt) === own) ? 1 : 0;
}

function listShare({ words, content }: PreparedText): number {
  if (words.length < WORDS_MIN) return 0;
  const share = 1 - content.length / words.length;
  return Math.min(1, Math.max(0, (PROSE_SHARE - share) / (PROSE_SHARE - LIST_SHARE)));
}
