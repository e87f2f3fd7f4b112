import type { Rarity } from './coverage.ts';
import type { Word } from './text.ts';

/** Ordered pairs of words that stand near each other, each with its two words. */
type Pairs = ReadonlyMap<string, readonly [Word, Word]>;

/** What says how words belong together, beyond which words there are. */
export interface WordPairs {
  /** Content words at most three apart. */
  near: Pairs;
  /** Words of all kinds at most three apart: what "not", "between" or "because" goes with. */
  phrases: Pairs;
  /** Neighbours of all kinds. */
  neighbours: Pairs;
}

export interface PairShares {
  /** Share of the requirement's pairs that are found in the text, and of the text's own pairs, by weight. */
  nearFound: number;
  nearOwn: number;
  phrasesFound: number;
  phrasesOwn: number;
  neighboursFound: number;
  neighboursOwn: number;
  /** Share of the requirement's pairs of content words that stand in the text the other way round only. */
  reversed: number;
}

const REACH = 3;
/** Words whose pairs are compared; beyond them a text is told by its words. */
const PAIRED_WORDS_MAX = 2000;

export function wordPairs(words: readonly Word[]): WordPairs {
  const first = words.slice(0, PAIRED_WORDS_MAX);
  return {
    near: pairsWithin(
      first.filter(({ content }) => content),
      REACH,
    ),
    phrases: pairsWithin(first, REACH),
    neighbours: pairsWithin(first, 1),
  };
}

function pairsWithin(words: readonly Word[], reach: number): Pairs {
  const pairs = new Map<string, [Word, Word]>();
  words.forEach((word, i) => {
    for (const other of words.slice(i + 1, i + 1 + reach))
      if (word.stem !== other.stem) pairs.set(`${word.stem} ${other.stem}`, [word, other]);
  });
  return pairs;
}

export function pairShares(asked: WordPairs, own: WordPairs, rarity: Rarity): PairShares {
  const [near, phrases, neighbours] = (['near', 'phrases', 'neighbours'] as const).map((kind) =>
    sharesOf(asked[kind], own[kind], rarity),
  ) as [Shares, Shares, Shares];
  return {
    nearFound: near.found,
    nearOwn: near.own,
    phrasesFound: phrases.found,
    phrasesOwn: phrases.own,
    neighboursFound: neighbours.found,
    neighboursOwn: neighbours.own,
    reversed: reversedShare(asked.near, own.near),
  };
}

interface Shares {
  found: number;
  own: number;
}

function sharesOf(asked: Pairs, own: Pairs, rarity: Rarity): Shares {
  let [common, all] = [0, 0];
  for (const [key, pair] of asked) {
    const weight = rarity(pair[0]) + rarity(pair[1]);
    all += weight;
    if (own.has(key)) common += weight;
  }
  let told = 0;
  for (const [one, other] of own.values()) told += rarity(one) + rarity(other);
  return { found: common / (all || 1), own: Math.min(1, common / (told || 1)) };
}

function reversedShare(asked: Pairs, own: Pairs): number {
  let turned = 0;
  for (const [key, [one, other]] of asked) if (!own.has(key) && own.has(`${other.stem} ${one.stem}`)) turned++;
  return turned / Math.max(1, asked.size);
}
