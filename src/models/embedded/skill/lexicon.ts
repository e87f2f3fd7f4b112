import { hash32, type Sparse } from '../hashing.ts';
import type { Measures, Reading } from './reading.ts';

/** Missing words that are paired with the answer's own ones, and own ones. */
const MISSING_MAX = 15;
const OTHER_MAX = 25;
/** Words of a text that are looked at one by one. */
const WORDS_MAX = 300;
/** Letters of a run. */
const RUN = 4;

/** Hashed words of an answer beside what is asked: what a linear model learns word by word. */
export type Lexical = (reading: Reading, measures: Measures, buckets: number) => Sparse;

/**
 * What an answer says in place of what was asked, hashed: words of the requirement that are met, words that are missing,
 * words that nobody asked for, and every pair of the latter two: they learn which words stand for which. Words of all
 * kinds: "not", "between" and "because" tell as much as any.
 */
export const wordFeatures: Lexical = ({ text, requirements }, { best }, buckets) => {
  const asked = [...requirements.each[best]!.stems].slice(0, WORDS_MAX);
  const missing = asked.filter((stem) => !text.stems.has(stem)).slice(0, MISSING_MAX);
  const met = asked.filter((stem) => text.stems.has(stem));
  const other = [...text.stems].filter((stem) => !requirements.joined.stems.has(stem)).slice(0, OTHER_MAX);
  const features = new Set([
    ...met.map((stem) => `met ${stem}`),
    ...missing.map((stem) => `missing ${stem}`),
    ...other.map((stem) => `other ${stem}`),
    ...missing.flatMap((stem) => other.map((instead) => `${stem} > ${instead}`)),
  ]);
  return hashed(features, buckets);
};

/** Words of all kinds and neighbouring words of an answer, hashed, apart for those that the requirements have too. */
export const phraseFeatures: Lexical = ({ text, requirements: { joined } }, _measures, buckets) => {
  const stems = text.words.slice(0, WORDS_MAX).map(({ stem }) => stem);
  const neighbours = stems.slice(1).map((stem, i) => `${stems[i]} ${stem}`);
  const features = new Set([
    ...stems.map((stem) => `${joined.stems.has(stem) ? 'asked' : 'own'} ${stem}`),
    ...neighbours.map((pair) => `${joined.pairs.neighbours.has(pair) ? 'both' : 'two'} ${pair}`),
  ]);
  return hashed(features, buckets);
};

/** Runs of letters of an answer's words, hashed, apart for words that the requirements have too: misspellings share most. */
export const letterFeatures: Lexical = ({ text, requirements: { joined } }, _measures, buckets) => {
  const features = new Set<string>();
  for (const { text: spelled, stem } of text.words.slice(0, WORDS_MAX)) {
    const [marked, kind] = [`^${spelled}$`, joined.stems.has(stem) ? 'asked' : 'own'];
    for (let i = 0; i <= Math.max(0, marked.length - RUN); i++) features.add(`${kind} ${marked.slice(i, i + RUN)}`);
  }
  return hashed(features, buckets);
};

/** Between counting and averaging: a long answer weighs more than a short one, but not in proportion. */
function hashed(features: ReadonlySet<string>, buckets: number): Sparse {
  return {
    buckets: Uint32Array.from(features, (feature) => hash32(feature) % buckets),
    values: new Float32Array(features.size).fill(features.size ** -0.25),
  };
}
