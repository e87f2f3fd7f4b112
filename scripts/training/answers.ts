import { prepare, prepareRequirement } from '../../src/models/embedded/skill/prepared.ts';
import { plainRarity } from '../../src/models/embedded/skill/rarity.ts';
import { measure, read, readRequirements } from '../../src/models/embedded/skill/reading.ts';
import type { SkillRow } from './data.ts';
import { attacksOn } from './gaming.ts';
import { generator, shuffled } from './random.ts';

/** A labelled or made-up answer as learned from; `attack` names how a made-up one came about. */
export interface Answer {
  content: string;
  requirements: readonly string[];
  good: boolean;
  group: string;
  source: string;
  weight: number;
  attack?: string;
}

const COMBINED = new Set(['all answered', 'all but one answered', 'foreign']);

/** Whether an answer was made to score without answering. */
export function isAttack({ attack }: Answer): boolean {
  return attack !== undefined && !COMBINED.has(attack);
}

/** How many made-up answers to several questions, or to another one, are learned from, and what each weighs. */
const COMBINATIONS = 2000;
const MOST_WEIGHT = 0.25;
const FOREIGN_WEIGHT = 0.15;
const ALL_WEIGHT = 0.5;
/**
 * Attacks keep what makes an honest answer near to its reference: with more weight they would cost honest answers their
 * approval. Telling them apart is the detector's work.
 */
const ATTACK_WEIGHT = 0.05;

/** Copies word for word are found by comparing and never reach a model. */
const FOUND = new Set(['requirement copied', 'all requirements copied']);

/** Rows and what is made from them: gaming attempts, answers to something else, and answers to two questions at once. */
export function answersOf(rows: readonly SkillRow[], seed = 11): Answer[] {
  const random = generator(seed);
  const answers: Answer[] = rows.map(({ content, requirements, good, group, source }) => ({
    content,
    requirements,
    good,
    group,
    source,
    weight: 1,
  }));
  const attacks = [...attacksOn(rows, seed), ...attacksOn(listsOf(rows, random), seed, 1)]
    .filter(({ attack }) => !FOUND.has(attack))
    .map(
      ({ content, requirements, group, source, attack }): Answer => ({
        content,
        requirements,
        good: false,
        group,
        source,
        weight: ATTACK_WEIGHT,
        attack,
      }),
    );
  return [...answers, ...attacks, ...combinationsOf(answers, random)];
}

/** Questions of questions: three distinct requirements asked for together, as users list them. */
function listsOf(rows: readonly SkillRow[], random: () => number): SkillRow[] {
  const byQuestion = [...new Map(rows.map((row) => [row.group, row])).values()];
  return shuffled(byQuestion, random).map((row) => {
    const others = shuffled(byQuestion, random).slice(0, 2);
    const drawn = [row, ...others].map((one) => one.requirements[Math.floor(random() * one.requirements.length)]!);
    const requirements = random() < 0.5 ? drawn : drawn.map((reference) => criterionOf(reference, '', random));
    return { ...row, requirements, question: [row, ...others].map(({ question }) => question).join(' ') };
  });
}

/**
 * Tasks with the requirements of two or three questions, of which all or all but one are answered; and answers to another
 * question. Half of them are put as criteria, the way users do: an instruction and a few words.
 */
function combinationsOf(answers: readonly Answer[], random: () => number): Answer[] {
  const good = answers.filter((answer) => answer.good);
  const drawn = (from: readonly Answer[]) => from[Math.floor(random() * from.length)]!;
  return Array.from({ length: COMBINATIONS }).flatMap((): Answer[] => {
    const parts = Array.from({ length: random() < 0.5 ? 2 : 3 }, () => drawn(good));
    const [first] = parts as [Answer];
    const foreign = drawn(answers);
    if (new Set([...parts, foreign].map(({ group }) => group)).size <= parts.length) return [];
    const asCriteria = random() < 0.5;
    const asked = parts.map((part) =>
      chosen(part).map((text) => (asCriteria ? criterionOf(text, part.content, random) : text)),
    );
    const requirements = asked.flat();
    const told = parts.map(({ content }) => content);
    const [content, most] = [told.join(' '), told.slice(0, -1).join(' ')];
    const made: Answer[] = [
      { ...first, content, requirements, weight: ALL_WEIGHT, attack: 'all answered' },
      { ...foreign, good: false, requirements: asked[0]!, weight: FOREIGN_WEIGHT, attack: 'foreign' },
    ];
    // A long list stands for one question: made part of such a task it would teach that every line of it is needed.
    if (asked.every((list) => list.length === 1))
      made.push({
        ...first,
        content: most,
        requirements,
        good: false,
        weight: MOST_WEIGHT,
        attack: 'all but one answered',
      });
    return made;
  });
}

/** Words of a criterion that is made from a reference. */
const CRITERION_WORDS_MAX = 5;

/** A reference as a criterion: the words of it that an answer takes up, and at times one more. */
function criterionOf(reference: string, answer: string, random: () => number): string {
  const { positions } = prepare(answer);
  const { asked } = prepareRequirement(reference);
  const taken = asked.filter(({ stem }) => positions.has(stem)).slice(0, CRITERION_WORDS_MAX);
  const missing = taken.length > 1 ? Math.floor(2 * random()) : CRITERION_WORDS_MAX;
  const more = asked.filter(({ stem }) => !positions.has(stem)).slice(0, missing);
  const words = new Set([...taken, ...more]);
  return `Explains ${asked
    .filter((word) => words.has(word))
    .map(({ text }) => text)
    .join(' ')}`;
}

/** Beetle's requirements are alternatives: in a list with others, the one that the answer is nearest to stands for all. */
function chosen({ content, requirements, source }: Answer): readonly string[] {
  if (source !== 'beetle') return requirements;
  const { best } = measure(read(content, readRequirements(requirements.map(prepareRequirement))), plainRarity);
  return [requirements[best]!];
}
