import { LinearModel, type LinearWeights } from '../embedded/linear.ts';
import { decodedPieces } from './encoded.ts';
import { sentenceFeatures } from './features.ts';
import { type Folded, fold } from './fold.ts';
import { FORM_PATTERNS } from './forms.ts';
import { BLOCK_CHARS, OVERLAP_CHARS, SENTENCES_MAX } from './limits.ts';
import { sentencesOf } from './sentences.ts';
import { SPEECH_PATTERNS } from './speech.ts';
import { type Word, wordsOf } from './words.ts';

/** The trained part: weights of a linear classifier, and the log-odds from which a sentence counts as an attempt. */
export interface InjectionWeights {
  model: LinearWeights;
  threshold: number;
}

/** An attempt to steer a judge: where it stands in the source, from `start` to before `end`. */
export interface Attempt {
  rule: string;
  start: number;
  end: number;
}

/** Invisible characters told of one block: a flood of them says no more. */
const HIDDEN_MAX = 100;
/** Words around a match that are taken for part of the attempt, where no sentence ends before. */
const AROUND_WORDS = 25;

/** Finds attempts to steer a judge in texts: by patterns of words and marks, and by a trained classifier. */
export class InjectionDetector {
  readonly #model: LinearModel;
  readonly #threshold: number;
  /** Sentences that may still be scored. */
  #sentencesLeft = SENTENCES_MAX;

  constructor({ model, threshold }: InjectionWeights) {
    this.#model = new LinearModel(model);
    this.#threshold = threshold;
  }

  /** Allows a new task its sentences. */
  renew(): void {
    this.#sentencesLeft = SENTENCES_MAX;
  }

  /** Whether some sentences could not be scored for want of room. */
  get exhausted(): boolean {
    return this.#sentencesLeft < 0;
  }

  /** Attempts in a text, also in what it holds encoded. `prose` tells that sentences run over the ends of lines. */
  attemptsIn(source: string, prose: boolean): Attempt[] {
    const attempts: Attempt[] = [];
    for (let start = 0; start < source.length; start += BLOCK_CHARS) {
      const from = Math.max(0, start - OVERLAP_CHARS);
      for (const { rule, start: begin, end } of this.#attemptsInBlock(source.slice(from, start + BLOCK_CHARS), prose))
        attempts.push({ rule, start: from + begin, end: from + end });
    }
    return attempts;
  }

  #attemptsInBlock(source: string, prose: boolean): Attempt[] {
    const encoded = decodedPieces(source)
      .filter(({ text }) => this.#plainAttemptsIn(text, true).length > 0)
      .map(({ start, end }) => ({ rule: 'encoded', start, end }));
    return [...this.#plainAttemptsIn(source, prose), ...encoded];
  }

  #plainAttemptsIn(source: string, prose: boolean): Attempt[] {
    const folded = fold(source);
    const words = wordsOf(folded, source);
    const hidden = folded.hidden.slice(0, HIDDEN_MAX).map((at) => ({ rule: 'hidden-text', start: at, end: at + 1 }));
    return [...spoken(words), ...formed(folded, words, source), ...hidden, ...this.#resembling(words, source, prose)];
  }

  #resembling(words: readonly Word[], source: string, prose: boolean): Attempt[] {
    const attempts: Attempt[] = [];
    for (const sentence of sentencesOf(words, source, prose)) {
      if (--this.#sentencesLeft < 0) break;
      if (this.logOdds(sentence.map(({ text }) => text)) < this.#threshold) continue;
      attempts.push({ rule: 'resembles-injection', start: sentence[0]!.start, end: sentence.at(-1)!.end });
    }
    return attempts;
  }

  /** Log-odds that the words of a sentence are an attempt, in a world where half of them are. */
  logOdds(words: readonly string[]): number {
    return this.#model.logOdds(sentenceFeatures(words, this.#model.buckets));
  }
}

/** Matches of the patterns on words, widened to their sentences. */
function spoken(words: readonly Word[]): Attempt[] {
  const begins: number[] = [];
  let text = '';
  for (const word of words) {
    if (word.code) text += '( ';
    begins.push(text.length);
    text += word.ends ? `${word.text} . ` : `${word.text} `;
  }
  return SPEECH_PATTERNS.flatMap(({ rule, pattern }) =>
    [...text.matchAll(pattern)].map(({ 0: match, index }) => {
      const first = wordAt(begins, index);
      return { rule, ...sentenceAround(words, first, wordAt(begins, index + match.length - 1)) };
    }),
  );
}

/** The last word that begins at or before an offset. */
function wordAt(begins: readonly number[], offset: number): number {
  let [low, high] = [0, begins.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (begins[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

function sentenceAround(words: readonly Word[], first: number, last: number): { start: number; end: number } {
  let [from, to] = [first, last];
  while (from > 0 && first - from < AROUND_WORDS && !words[from - 1]!.ends) from--;
  while (to < words.length - 1 && to - last < AROUND_WORDS && !words[to]!.ends) to++;
  return { start: words[from]!.start, end: words[to]!.end };
}

/** Matches of the patterns on marks, with the words that follow them. */
function formed({ text, from }: Folded, words: readonly Word[], source: string): Attempt[] {
  const starts = words.map(({ start }) => start);
  return FORM_PATTERNS.flatMap(({ rule, pattern }) =>
    [...text.matchAll(pattern)].map(({ 0: match, index }) => {
      const [start, end] = [from[index] ?? 0, from[index + match.length] ?? source.length];
      if (words.length === 0) return { rule, start, end };
      const last = wordAt(starts, Math.max(start, end - 1));
      return { rule, start, end: Math.max(end, sentenceAround(words, last, last).end) };
    }),
  );
}
