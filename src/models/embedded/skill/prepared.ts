import { likeness } from './likeness.ts';
import { type WordPairs, wordPairs } from './pairs.ts';
import { askedWords, type Word, wordsOf } from './text.ts';

/** A text prepared once for all comparisons. */
export interface PreparedText {
  words: readonly Word[];
  content: readonly Word[];
  /** Positions in `content` by stem. */
  positions: ReadonlyMap<string, number[]>;
  /** Positions in `words` by text, for copies in order. */
  places: ReadonlyMap<string, number[]>;
  stems: ReadonlySet<string>;
  /** Runs of three words, for copies. */
  shingles: ReadonlySet<string>;
  /** Counts of the runs of four characters. */
  runs: ReadonlyMap<string, number>;
  runsTotal: number;
  numbers: ReadonlySet<string>;
  pairs: WordPairs;
  /** The likeness of the word that is most like a stem. */
  nearest: (stem: string) => number;
}

/** A requirement prepared once for all submissions. */
export interface PreparedRequirement extends PreparedText {
  /** Content words without those that only ask, each stem once. */
  asked: readonly Word[];
  /** The same with repetitions, in order. */
  sequence: readonly Word[];
}

/** Positions looked at per word: a text that repeats one word must not make comparing slow. */
const POSITIONS_MAX = 40;
/** Words whose characters are compared; beyond them a text is told by its words. */
const RUN_WORDS_MAX = 4000;
/** Distinct words of a text among which forms and senses of a missing word are looked for, and words looked for. */
const DISTINCT_MAX = 600;
const LOOKED_FOR_MAX = 400;
/** Content words of one requirement that are compared; a longer one is an essay. */
const ASKED_WORDS_MAX = 200;

export function prepare(text: string): PreparedText {
  return prepareWords(wordsOf(text));
}

export function prepareWords(words: readonly Word[]): PreparedText {
  const content = words.filter((word) => word.content);
  const positions = positionsBy(content, ({ stem }) => stem);
  const runs = runsOf(words);
  return {
    words,
    content,
    positions,
    places: positionsBy(words, ({ text }) => text),
    stems: new Set(words.map(({ stem }) => stem)),
    shingles: shinglesOf(words),
    runs,
    runsTotal: runs.values().reduce((sum, count) => sum + count, 0),
    numbers: new Set(words.filter(({ text }) => /\d/.test(text)).map(({ text }) => text)),
    pairs: wordPairs(words),
    nearest: nearestIn([...positions.keys()].slice(0, DISTINCT_MAX)),
  };
}

export function prepareRequirement(requirement: string): PreparedRequirement {
  const sequence = askedWords(requirement).slice(0, ASKED_WORDS_MAX);
  return { ...prepare(requirement), sequence, asked: distinct(sequence) };
}

/** All requirements as one, as if a single sentence asked for them. */
export function joinRequirements(requirements: readonly PreparedRequirement[]): PreparedRequirement {
  if (requirements.length === 1) return requirements[0]!;
  const sequence = requirements.flatMap((requirement) => requirement.sequence).slice(0, 2 * ASKED_WORDS_MAX);
  const words = requirements.flatMap((requirement) => requirement.words).slice(0, RUN_WORDS_MAX);
  return { ...prepareWords(words), sequence, asked: distinct(sequence) };
}

function distinct(words: readonly Word[]): Word[] {
  return [...new Map(words.map((word) => [word.stem, word])).values()];
}

function positionsBy(words: readonly Word[], key: (word: Word) => string): Map<string, number[]> {
  const positions = new Map<string, number[]>();
  words.forEach((word, i) => {
    const known = positions.get(key(word));
    if (known === undefined) positions.set(key(word), [i]);
    else if (known.length < POSITIONS_MAX) known.push(i);
  });
  return positions;
}

function shinglesOf(words: readonly Word[]): Set<string> {
  const shingles = new Set<string>();
  for (let i = 0; i + 2 < words.length; i++)
    shingles.add(`${words[i]!.text} ${words[i + 1]!.text} ${words[i + 2]!.text}`);
  return shingles;
}

function runsOf(words: readonly Word[]): Map<string, number> {
  const counts = new Map<string, number>();
  const text = ` ${words
    .slice(0, RUN_WORDS_MAX)
    .map((word) => word.text)
    .join(' ')} `;
  for (let i = 0; i + 4 <= text.length; i++) {
    const run = text.slice(i, i + 4);
    counts.set(run, (counts.get(run) ?? 0) + 1);
  }
  return counts;
}

function nearestIn(stems: readonly string[]): (stem: string) => number {
  const known = new Map<string, number>();
  return (stem) => {
    let best = known.get(stem);
    if (best !== undefined || known.size >= LOOKED_FOR_MAX) return best ?? 0;
    best = 0;
    for (const other of stems) best = Math.max(best, likeness(stem, other));
    known.set(stem, best);
    return best;
  };
}
