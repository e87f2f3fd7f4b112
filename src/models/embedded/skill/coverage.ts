import { isOpposed } from './likeness.ts';
import { type PairShares, pairShares } from './pairs.ts';
import type { PreparedRequirement, PreparedText } from './prepared.ts';
import type { Word } from './text.ts';

/** How much a word tells, above 0; about 1 for an ordinary content word. */
export type Rarity = (word: Word) => number;

/** How a text meets one requirement; shares are from 0 to 1. */
export interface RequirementCoverage extends PairShares {
  /** Share of the requirement's content found anywhere, heavier for words that tell more. */
  words: number;
  /** The same, with other forms and words of the same sense counted in part. */
  soft: number;
  /** The same as `words` within the best three sentences that follow one another. */
  local: number;
  /** Share of the text's own content that the requirement asks for. */
  precision: number;
  /** Harmonic mean of `words` and `precision`. */
  balance: number;
  /** Share of the requirement's runs of four characters found, of the text's own, and of both. */
  runsFound: number;
  runsOwn: number;
  runsAlike: number;
  /** Share of neighbouring pairs of content words that stand near each other in the same order. */
  pairs: number;
  /** Longest common subsequence of content words, as a share of the requirement's. */
  sequence: number;
  /** Share of found words that are negated on one side only. */
  negation: number;
  /** Words of the requirement that are missing while their opposite is there, at most 3. */
  opposed: number;
  /** Numbers asked for and missing, at most 3, and other numbers, at most 5. */
  numbersMissing: number;
  numbersOther: number;
  /** Weight of the heaviest word that is missing in every form. */
  missedMost: number;
  /** Share of the requirement's runs of three words that stand in the text. */
  copied: number;
  /** Share of all the requirement's words, function words too, that stand in the text in the same order. */
  verbatim: number;
  /** Logarithm of 1 and the content words asked for. */
  size: number;
}

const NEAR = 3;

/** Compares a requirement with a prepared text, whose content weighs `told` in all. */
export function cover(
  requirement: PreparedRequirement,
  text: PreparedText,
  rarity: Rarity,
  told = weightOf(text, rarity),
): RequirementCoverage {
  const { asked, sequence } = requirement;
  const weights = asked.map(rarity);
  const found = asked.map(({ stem }) => text.positions.get(stem) ?? NOWHERE);
  const inOrder = sequence.map(({ stem }) => text.positions.get(stem) ?? NOWHERE);
  const total = weights.reduce((sum, weight) => sum + weight, 0) || 1;
  const likenesses = found.map((positions, i) => (positions.length > 0 ? 1 : text.nearest(asked[i]!.stem)));
  const weighed = (share: (i: number) => number) =>
    weights.reduce((sum, weight, i) => sum + weight * share(i), 0) / total;
  const words = weighed((i) => (found[i]!.length > 0 ? 1 : 0));
  const met = found.reduce((sum, [first]) => sum + (first === undefined ? 0 : rarity(text.content[first]!)), 0);
  const precision = told === 0 ? 0 : Math.min(1, met / told);
  return {
    words,
    soft: weighed((i) => likenesses[i]!),
    local: bestPassage(found, weights, text).weight / total,
    precision,
    balance: words + precision > 0 ? (2 * words * precision) / (words + precision) : 0,
    ...runShares(requirement, text),
    ...pairShares(requirement.pairs, text.pairs, rarity),
    pairs: pairShare(inOrder) ?? words,
    sequence: increasing(inOrder) / Math.max(1, inOrder.length),
    negation: negationShare(asked, found, text),
    opposed: Math.min(3, asked.filter(({ stem }, i) => !found[i]!.length && isOpposed(stem, text.stems)).length),
    numbersMissing: Math.min(3, [...requirement.numbers].filter((number) => !text.numbers.has(number)).length),
    numbersOther: Math.min(5, [...text.numbers].filter((number) => !requirement.numbers.has(number)).length),
    missedMost: weights.reduce((most, weight, i) => (likenesses[i]! < 0.5 ? Math.max(most, weight) : most), 0),
    copied: shareIn(requirement.shingles, text.shingles),
    verbatim: verbatimShare(requirement, text),
    size: Math.log1p(asked.length),
  };
}

const NOWHERE: readonly number[] = [];

function shareIn(own: ReadonlySet<string>, other: ReadonlySet<string>): number {
  return own.size === 0 ? 0 : [...own].filter((item) => other.has(item)).length / own.size;
}

/** What all distinct content words of a text weigh together. */
export function weightOf({ content, positions }: PreparedText, rarity: Rarity): number {
  let total = 0;
  for (const [first] of positions.values()) total += rarity(content[first!]!);
  return total;
}

function runShares(requirement: PreparedText, text: PreparedText) {
  let common = 0;
  for (const [run, count] of requirement.runs) common += Math.min(count, text.runs.get(run) ?? 0);
  return {
    runsFound: common / Math.max(1, requirement.runsTotal),
    runsOwn: common / Math.max(1, text.runsTotal),
    runsAlike: (2 * common) / Math.max(1, requirement.runsTotal + text.runsTotal),
  };
}

/** The three sentences that follow one another and hold most of the words asked for. */
export function bestPassage(
  found: readonly (readonly number[])[],
  weights: readonly number[],
  { content }: PreparedText,
): { start: number; weight: number } {
  const passages = new Map<number, Set<number>>();
  found.forEach((positions, word) => {
    for (const position of positions) {
      const { sentence } = content[position]!;
      for (const start of [sentence - 2, sentence - 1, sentence])
        passages.set(start, (passages.get(start) ?? new Set()).add(word));
    }
  });
  let best = { start: 0, weight: 0 };
  for (const [start, words] of passages) {
    const weight = [...words].reduce((sum, word) => sum + weights[word]!, 0);
    if (weight > best.weight) best = { start, weight };
  }
  return best;
}

function pairShare(found: readonly (readonly number[])[]): number | undefined {
  if (found.length < 2) return undefined;
  let near = 0;
  for (let i = 0; i + 1 < found.length; i++) {
    const next = found[i + 1]!;
    if (found[i]!.some((at) => next.some((other) => other > at && other - at <= NEAR))) near++;
  }
  return near / (found.length - 1);
}

/** Length of the longest increasing run of positions, one of each list at most, in order of the lists. */
export function increasing(lists: readonly (readonly number[])[]): number {
  const tails: number[] = [];
  for (const positions of lists) {
    for (let i = positions.length - 1; i >= 0; i--) {
      const position = positions[i]!;
      let [low, high] = [0, tails.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (tails[middle]! < position) low = middle + 1;
        else high = middle;
      }
      tails[low] = position;
    }
  }
  return Math.min(lists.length, tails.length);
}

function negationShare(
  asked: readonly Word[],
  found: readonly (readonly number[])[],
  { content }: PreparedText,
): number {
  let [turned, known] = [0, 0];
  asked.forEach((word, i) => {
    if (found[i]!.length === 0) return;
    known++;
    if (found[i]!.every((at) => content[at]!.negated !== word.negated)) turned++;
  });
  return known === 0 ? 0 : turned / known;
}

/** Shorter requirements are met in their own words by honest answers too. */
const VERBATIM_WORDS_MIN = 5;
/** Words of a requirement compared in order. */
const VERBATIM_WORDS_MAX = 400;

function verbatimShare({ words }: PreparedText, { places }: PreparedText): number {
  if (words.length < VERBATIM_WORDS_MIN) return 0;
  const own = words.slice(0, VERBATIM_WORDS_MAX);
  return increasing(own.map(({ text }) => places.get(text) ?? NOWHERE)) / own.length;
}
