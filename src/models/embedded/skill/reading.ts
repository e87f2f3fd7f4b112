import { alternativesOf, type Overlap, overlapOf } from './alternatives.ts';
import { bestPassage, cover, type Rarity, type RequirementCoverage, weightOf } from './coverage.ts';
import { type GamingSigns, gamingSigns } from './gaming.ts';
import { joinRequirements, type PreparedRequirement, type PreparedText, prepare, prepareWords } from './prepared.ts';
import type { Word } from './text.ts';
import { type Manner, mannerOf, type Turns, turnsOf } from './turns.ts';

/** Requirements prepared once, with what they have to do with one another. */
export interface Requirements {
  each: readonly PreparedRequirement[];
  joined: PreparedRequirement;
  /** Indices of requirements that say the same in other words. */
  groups: readonly number[][];
  overlap: Overlap;
}

/** A submission beside its requirements: what every assessor starts from. */
export interface Reading {
  text: PreparedText;
  requirements: Requirements;
  /** Of the whole submission, and of what speaks of the requirements: what stands beside it does not hide its manner. */
  signs: GamingSigns;
  topicSigns: GamingSigns;
}

/** How a submission meets its requirements, as one assessor weighs words. */
export interface Measures {
  each: RequirementCoverage[];
  joined: RequirementCoverage;
  /** Index of the requirement that is met best. */
  best: number;
  /** The best coverage of each group of requirements that say the same. */
  groups: RequirementCoverage[];
  turns: Turns;
  manner: Manner;
}

export function readRequirements(each: readonly PreparedRequirement[]): Requirements {
  return { each, joined: joinRequirements(each), groups: alternativesOf(each), overlap: overlapOf(each) };
}

/** `skill` is the name under which the requirements are asked for; often it is the question itself. */
export function read(content: string, requirements: Requirements, skill = ''): Reading {
  const whole = prepare(content);
  const prompts = [...requirements.each, prepare(skill)];
  const [signs, text] = [gamingSigns(content, whole, prompts), onTopic(whole, requirements.joined)];
  return { text, requirements, signs, topicSigns: text === whole ? signs : gamingSigns(content, text, prompts) };
}

/** Shorter sentences may affirm or deny the one before them without a word of their own. */
const STRAY_WORDS_MIN = 5;
/** A sentence of whose content less than this is asked for speaks of something else, e.g. to whoever grades it. */
const STRAY_BELOW = 0.15;

/** The text without sentences that share hardly a word with what is asked: they count for nothing but signs of gaming. */
function onTopic(text: PreparedText, { asked }: PreparedRequirement): PreparedText {
  const stems = new Set(asked.map(({ stem }) => stem));
  const sentences = [...Map.groupBy(text.words, ({ sentence }) => sentence).values()];
  const kept = sentences.filter((words) => words.length < STRAY_WORDS_MIN || !isStray(words, stems));
  const speaks = kept.some((words) => words.some(({ stem }) => stems.has(stem)));
  if (!speaks || kept.length === sentences.length) return text;
  return prepareWords(kept.flatMap((words, i) => words.map((word) => ({ ...word, sentence: i }))));
}

function isStray(words: readonly Word[], asked: ReadonlySet<string>): boolean {
  const content = words.filter((word) => word.content);
  return content.filter(({ stem }) => asked.has(stem)).length <= STRAY_BELOW * content.length;
}

export function measure(reading: Reading, rarity: Rarity): Measures {
  const { text, requirements } = reading;
  const told = weightOf(text, rarity);
  const each = requirements.each.map((requirement) => cover(requirement, text, rarity, told));
  const joined = each.length === 1 ? each[0]! : cover(requirements.joined, text, rarity, told);
  const best = each.reduce((at, coverage, i) => (merit(coverage) > merit(each[at]!) ? i : at), 0);
  const groups = requirements.groups.map((group) =>
    group.map((i) => each[i]!).reduce((most, other) => (merit(other) > merit(most) ? other : most)),
  );
  const turns = turnsOf(text, requirements.each[best]!, requirements.joined);
  return { each, joined, best, groups, turns, manner: mannerOf(reading, rarity) };
}

function merit({ soft, balance, runsAlike, negation }: RequirementCoverage): number {
  return soft + balance + runsAlike / 2 - negation;
}

/** The submission as if only one requirement were asked for: that requirement, and the passage that speaks most of it. */
export function readFor(reading: Reading, index: number, rarity: Rarity): Reading {
  const requirement = reading.requirements.each[index]!;
  if (reading.requirements.each.length === 1) return reading;
  const found = requirement.asked.map(({ stem }) => reading.text.positions.get(stem) ?? []);
  const { start } = bestPassage(found, requirement.asked.map(rarity), reading.text);
  const passage = reading.text.words
    .filter(({ sentence }) => sentence >= start && sentence < start + PASSAGE_SENTENCES)
    .slice(0, PASSAGE_WORDS_MAX);
  const own = prepareWords(passage.map((word) => ({ ...word, sentence: word.sentence - start })));
  // The words most like those asked for are looked up in the whole text: finding them again would cost too much.
  const text = { ...own, nearest: reading.text.nearest };
  return { text, requirements: readRequirements([requirement]), signs: reading.signs, topicSigns: reading.topicSigns };
}

const PASSAGE_SENTENCES = 3;
/** A passage without full stops is read up to here. */
const PASSAGE_WORDS_MAX = 200;
