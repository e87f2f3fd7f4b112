import { hash32, type Sparse } from '../hashing.ts';
import type { Measures, Reading } from './reading.ts';

/** Missing words that are paired with the answer's own ones, and own ones. */
const MISSING_MAX = 15;
const OTHER_MAX = 25;

/**
 * What an answer says in place of what was asked, hashed: words of the requirement that are met, words that are missing,
 * words that nobody asked for, and every pair of the latter two: they learn which words stand for which.
 */
export function lexicalFeatures({ text, requirements }: Reading, { best }: Measures, buckets: number): Sparse {
  const asked = requirements.each[best]!.asked.map(({ stem }) => stem);
  const everywhere = new Set(requirements.joined.asked.map(({ stem }) => stem));
  const missing = asked.filter((stem) => !text.positions.has(stem)).slice(0, MISSING_MAX);
  const met = asked.filter((stem) => text.positions.has(stem));
  const other = [...text.positions.keys()].filter((stem) => !everywhere.has(stem)).slice(0, OTHER_MAX);
  const features = new Set([
    ...met.map((stem) => `met ${stem}`),
    ...missing.map((stem) => `missing ${stem}`),
    ...other.map((stem) => `other ${stem}`),
    ...missing.flatMap((stem) => other.map((instead) => `${stem} > ${instead}`)),
  ]);
  // Between counting and averaging: a long answer weighs more than a short one, but not in proportion.
  const value = features.size ** -0.25;
  return {
    buckets: Uint32Array.from(features, (feature) => hash32(feature) % buckets),
    values: new Float32Array(features.size).fill(value),
  };
}
