import { hash32 } from '../hashing.ts';
import type { Rarity } from './coverage.ts';
import type { Word } from './text.ts';

/** Hashed weights of words as stored: int8 in base64, with the factor that restores them. */
export interface RarityWeights {
  buckets: number;
  scale: number;
  weights: string;
}

/** How much a word tells by its looks alone: long words and numbers tell more. */
export const plainRarity: Rarity = ({ text }: Word) => {
  if (/\d/.test(text)) return 1.5;
  return text.length >= 8 ? 1.4 : text.length >= 5 ? 1.1 : 0.8;
};

/** How much a word tells by how rare it is in the answers learned from; a word never seen there tells most. */
export function tableRarity({ buckets, scale, weights }: RarityWeights): Rarity {
  const bytes = new Int8Array(Buffer.from(weights, 'base64'));
  return ({ stem }) => scale * bytes[hash32(stem) % buckets]!;
}
