import { FeatureBag, joined, type Sparse, scaled } from '../embedded/hashing.ts';
import { conceptsOf } from './concepts.ts';

/** Lengths of the groups of features relative to each other. */
const GROUP = { words: 1, characters: 0.7, concepts: 1.3 } as const;
/** Words between two concepts that still belong together. */
const REACH_WORDS = 8;

/** Features of a sentence: words, their neighbours, character n-grams, and the concepts in their order; all hashed. */
export function sentenceFeatures(words: readonly string[], buckets: number): Sparse {
  const [plain, characters, concepts] = [new FeatureBag(buckets), new FeatureBag(buckets), new FeatureBag(buckets)];
  words.forEach((word, i) => {
    plain.add(`w ${word}`);
    plain.add(`n ${word} ${words[i + 1] ?? '.'}`);
    const bounded = ` ${word} `;
    for (let at = 0; at + 4 <= bounded.length; at++) characters.add(`c ${bounded.slice(at, at + 4)}`);
  });
  const known = words.map(conceptsOf);
  known.forEach((own, i) => {
    for (const concept of own) {
      concepts.add(`k ${concept}`);
      if (i === 0) concepts.add(`b ${concept}`);
      for (const other of known.slice(i + 1, i + 1 + REACH_WORDS).flat()) concepts.add(`p ${concept} ${other}`);
    }
  });
  return joined([scaled(plain, GROUP.words), scaled(characters, GROUP.characters), scaled(concepts, GROUP.concepts)]);
}
