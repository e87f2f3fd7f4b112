/** Words longer than this are no slips of a few letters. */
const CHARS_MAX = 64;

/** The known word that was probably meant, or undefined: at most a third of its letters differ. */
export function similarTo(word: string, known: Iterable<string>): string | undefined {
  if (word.length > CHARS_MAX) return undefined;
  const near = [...known]
    .map((candidate) => ({ candidate, distance: distanceOf(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.candidate;
}

/** Letters to put in, leave out, replace or swap with their neighbour. */
function distanceOf(from: string, to: string): number {
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let row = 1; row <= from.length; row++) {
    const next = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      const costs = [last[column]! + 1, next[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1)];
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) costs.push(before[column - 2]! + 1);
      next.push(Math.min(...costs));
    }
    [before, last] = [last, next];
  }
  return last[to.length]!;
}
