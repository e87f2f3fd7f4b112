/** Numbers in [0, 1) that a seed fixes: Marsaglia's xorshift32 (2003). For choosing what a test does, never for secrets. */
export function seededRandom(seed: number): () => number {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 1; // never 0, where xorshift stays
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
