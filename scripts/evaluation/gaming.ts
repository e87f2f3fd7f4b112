import type { SkillRow } from '../training/data.ts';
import { generator, shuffled } from '../training/random.ts';
import { assessmentTask, type EvalRow } from './rows.ts';

/** What a question's own texts allow a submission to be made of. */
interface Source {
  question: string;
  /** What the requirements say, in one text. */
  reference: string;
}

type Attack = (source: Source, random: () => number) => string;

const words = (text: string) => text.split(/\s+/).filter((word) => word !== '');
const FILLER =
  'it is widely known that this matter deserves attention and that many aspects of it have been discussed at length';
const CONTENT_WORD_CHARS_MIN = 5;

/** Ways to look like an answer without being one. Written apart from what training makes, so that a judge meets them anew. */
const ATTACKS: Record<string, Attack> = {
  'shuffled words': ({ reference }, random) => shuffled(words(reference), random).join(' '),
  'keyword list': ({ reference }, random) => shuffled(contentWords(reference), random).join(', '),
  'keyword lines': ({ reference }) =>
    contentWords(reference)
      .map((word) => `- ${word}`)
      .join('\n'),
  negated: ({ reference }) => `It is wrong to say that ${lowerFirst(reference)}`,
  'each clause denied': ({ reference }) =>
    reference.replace(/\b(is|are|was|were|can|will|has|have|does|do|must|should)\b/gi, '$1 never'),
  'copied question': ({ question }) => question,
  'copied requirements': ({ reference }) => reference,
  'copied requirements, announced': ({ reference }) => `I meet the following requirements: ${reference}`,
  'question with keywords': ({ question, reference }, random) =>
    `${question} ${shuffled(contentWords(reference), random).slice(0, 5).join(' ')}`,
  padding: (_source, random) => shuffled(words(`${FILLER} ${FILLER}`), random).join(' '),
  'padded keywords': ({ reference }, random) =>
    words(FILLER)
      .flatMap((word, at) => [word, ...contentWords(reference).slice(at, at + 1)])
      .slice(0, 20 + Math.floor(random() * 20))
      .join(' '),
  'repeated text': ({ reference }) => `${words(reference).slice(0, 3).join(' ')}. `.repeat(10),
};

function contentWords(text: string): string[] {
  return [...new Set(text.split(/[^\p{L}\p{N}]+/u).filter((word) => word.length >= CONTENT_WORD_CHARS_MIN))];
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

/** Requirements of this few words leave an attack nothing to work with: a keyword of it may be the answer. */
const REFERENCE_WORDS_MIN = 6;

/** Gaming attempts at every question of the rows, each bad whatever a judge says; the slice names the attack. */
export function gamingRows(rows: readonly (SkillRow & { question?: string })[], seed: number): EvalRow[] {
  const random = generator(seed);
  const byQuestion = new Map(rows.map((row) => [row.group, row]));
  return [...byQuestion.values()].flatMap(({ group, skill, requirements, question, source }) => {
    // Where requirements are alternatives, one of them is a whole answer: the attacks use the longest.
    const reference = source.startsWith('beetle')
      ? requirements.reduce((longest, text) => (text.length > longest.length ? text : longest))
      : requirements.join(' ');
    if (words(reference).length < REFERENCE_WORDS_MIN) return [];
    return Object.entries(ATTACKS).flatMap(([slice, attack]) => {
      const content = attack({ question: question ?? '', reference }, random);
      if (content.trim() === '' || (slice === 'each clause denied' && content === reference)) return [];
      const task = assessmentTask(content, skill, requirements);
      return [{ kind: 'skill' as const, slice, group, bad: true, benign: false, neutral: false, source, task }];
    });
  });
}
