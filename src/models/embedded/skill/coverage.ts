import { askedWords, type Word, wordsOf } from './text.ts';

/** How a text meets one requirement; every number from 0 to 1. */
export interface RequirementCoverage {
  /** Share of the requirement's content found anywhere, heavier for longer words and numbers. */
  words: number;
  /** The same within the best three sentences that follow one another. */
  local: number;
  /** Share of neighbouring pairs of content words that stand near each other in the same order. */
  pairs: number;
  /** Longest common subsequence of content words, as a share of the requirement's. */
  sequence: number;
  /** Share of found words that are negated on one side only. */
  negation: number;
  /** Longest run of words copied without a change, as a share of the requirement's words. */
  copied: number;
  /** Content words of the requirement, on a scale that ends at 1 for twenty. */
  size: number;
}

/** A submission prepared once for all its requirements. */
export interface PreparedText {
  words: Word[];
  content: Word[];
  /** Positions in `content` by stem. */
  positions: Map<string, number[]>;
  /** Runs of three words, for copies. */
  shingles: Set<string>;
}

/** Positions looked at per word: a text that repeats one word must not make comparing slow. */
const POSITIONS_MAX = 40;
const NEAR = 4;

export function prepare(text: string): PreparedText {
  const words = wordsOf(text);
  const content = words.filter((word) => word.content);
  const positions = new Map<string, number[]>();
  content.forEach((word, i) => {
    const known = positions.get(word.stem);
    if (known === undefined) positions.set(word.stem, [i]);
    else if (known.length < POSITIONS_MAX) known.push(i);
  });
  return { words, content, positions, shingles: shinglesOf(words) };
}

export function shinglesOf(words: readonly Word[]): Set<string> {
  const shingles = new Set<string>();
  for (let i = 0; i + 2 < words.length; i++)
    shingles.add(`${words[i]!.text} ${words[i + 1]!.text} ${words[i + 2]!.text}`);
  return shingles;
}

/** Compares a requirement with a prepared text. */
export function cover(requirement: string, text: PreparedText): RequirementCoverage {
  const asked = askedWords(requirement).slice(0, ASKED_WORDS_MAX);
  const found = asked.map((word) => positionsOf(word.stem, text));
  const weights = asked.map(weightOf);
  const total = weights.reduce((sum, weight) => sum + weight, 0) || 1;
  const hit = found.map((positions) => positions.length > 0);
  const words = weights.reduce((sum, weight, i) => sum + (hit[i] ? weight : 0), 0) / total;
  return {
    words,
    local: localShare(found, weights, text) / total,
    pairs: pairShare(found),
    sequence: sequenceShare(found),
    negation: negationShare(asked, found, text),
    copied: copiedShare(requirement, text),
    size: Math.min(1, asked.length / 20),
  };
}

/** Content words of one requirement that are compared; a longer one is an essay. */
const ASKED_WORDS_MAX = 200;

function weightOf(word: Word): number {
  if (/\d/.test(word.text)) return 1.5;
  return word.text.length >= 8 ? 1.4 : word.text.length >= 5 ? 1.1 : 0.8;
}

/** Where a stem stands; a long one is also met by another form with the same beginning. */
function positionsOf(stem: string, { positions }: PreparedText): number[] {
  const exact = positions.get(stem);
  if (exact !== undefined || stem.length < 5) return exact ?? [];
  const beginning = stem.slice(0, Math.max(5, stem.length - 2));
  for (const [other, at] of positions) {
    if (other.startsWith(beginning) && Math.abs(other.length - stem.length) <= 3) return at;
  }
  return [];
}

function localShare(found: readonly number[][], weights: readonly number[], { content }: PreparedText): number {
  const sentences = new Map<number, Set<number>>();
  found.forEach((positions, word) => {
    for (const position of positions) {
      const sentence = content[position]!.sentence;
      for (const start of [sentence, sentence - 1, sentence - 2]) {
        const words = sentences.get(start) ?? new Set();
        sentences.set(start, words.add(word));
      }
    }
  });
  let best = 0;
  for (const words of sentences.values())
    best = Math.max(
      best,
      [...words].reduce((sum, word) => sum + weights[word]!, 0),
    );
  return best;
}

function pairShare(found: readonly number[][]): number {
  if (found.length < 2) return found[0]?.length ? 1 : 0;
  let near = 0;
  for (let i = 0; i + 1 < found.length; i++) {
    const next = found[i + 1]!;
    if (found[i]!.some((at) => next.some((other) => other > at && other - at <= NEAR))) near++;
  }
  return near / (found.length - 1);
}

/** Longest increasing run of positions, each taken greedily: a lower bound of the common subsequence, in linear time. */
function sequenceShare(found: readonly number[][]): number {
  if (found.length === 0) return 0;
  const tails: number[] = [];
  for (const positions of found) {
    for (const position of [...positions].reverse()) {
      let [low, high] = [0, tails.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (tails[middle]! < position) low = middle + 1;
        else high = middle;
      }
      tails[low] = position;
    }
  }
  return Math.min(1, tails.length / found.length);
}

function negationShare(asked: readonly Word[], found: readonly number[][], { content }: PreparedText): number {
  let [turned, known] = [0, 0];
  asked.forEach((word, i) => {
    if (found[i]!.length === 0) return;
    known++;
    if (found[i]!.every((at) => content[at]!.negated !== word.negated)) turned++;
  });
  return known === 0 ? 0 : turned / known;
}

function copiedShare(requirement: string, { shingles }: PreparedText): number {
  const own = [...shinglesOf(wordsOf(requirement))];
  return own.length === 0 ? 0 : own.filter((shingle) => shingles.has(shingle)).length / own.length;
}
