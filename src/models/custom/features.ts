import type { CodeReviewTask, SkillAssessmentTask, Task } from '../../protocol/task.ts';
import type { SourceLine } from '../diff/lexer.ts';
import { parseDiff } from '../diff/parse-diff.ts';
import { type SourceFile, sourceFilesOf } from '../embedded/code/evidence.ts';
import { hash32, type Sparse } from '../embedded/hashing.ts';
import type { GamingSigns } from '../embedded/skill/gaming.ts';
import { plainRarity } from '../embedded/skill/rarity.ts';
import { measure } from '../embedded/skill/reading.ts';
import { skillContext } from '../embedded/skill/verdict.ts';
import { isDisordered } from './disorder.ts';
import { FEATURE_BUCKETS, FEATURES_MAX, TOKENS_MAX } from './limits.ts';
import type { PriorOpinion } from './prior.ts';

/** The version of this file's features; a model file names the one that it was trained with. */
export const FEATURES_VERSION = 1;

/** One thing that a task has: `word` is how people are told of it, from the task's own text. */
export interface Feature {
  name: string;
  value: number;
  word?: string;
}

/** Counts of one kind of feature, brought to a common length so that long tasks do not shout. */
class Group {
  readonly #counts = new Map<string, { count: number; word: string | undefined }>();

  add(name: string, word?: string): void {
    const known = this.#counts.get(name);
    if (known === undefined) this.#counts.set(name, { count: 1, word });
    else known.count++;
  }

  features(length: number): Feature[] {
    const entries = [...this.#counts];
    const norm = Math.sqrt(entries.reduce((sum, [, { count }]) => sum + Math.log1p(count) ** 2, 0)) || 1;
    return entries.map(([name, { count, word }]) => ({
      name,
      value: (Math.log1p(count) * length) / norm,
      ...(word === undefined ? {} : { word }),
    }));
  }
}

/** What a custom model reads of a task beside the prior's odds. */
export interface Reading {
  features: Feature[];
  /** The text seems made to score: words learned from good answers must not speak for it. */
  gamed: boolean;
}

export function readingOf(task: Task, { findings }: PriorOpinion): Reading {
  if (task.type === 'SKILL_ASSESSMENT') return answerReading(task);
  const rules = new Group();
  for (const { rule, severity } of findings) rules.add(`f ${rule} ${severity}`);
  return { features: [...changeFeatures(task), ...rules.features(0.7)], gamed: false };
}

/** Lists, disorder, repetition, borrowed text, denial as a whole: a bag of words cannot tell them from an answer. */
function isGamed({ list, repeated, copied, scrambled }: GamingSigns, content: string): boolean {
  return (
    list > 0.6 || repeated > 0.4 || copied > 0.5 || scrambled > 0.3 || DENIAL.test(content) || isDisordered(content)
  );
}

const DENIAL =
  /\b(?:not|never|n['’]t|hardly)\s+(?:at all\s+|really\s+)?(?:true|the case|correct|right|so)\b|\b(?:false|untrue|incorrect|wrong|a lie|a myth|nonsense)\s+(?:that|to)\b|\b(?:deny|denies|doubt|disagree)\b/i;

/** Features by hash: neither a model file nor the training keeps any text. */
export function hashed(features: readonly Feature[]): Sparse {
  const kept =
    features.length <= FEATURES_MAX
      ? features
      : features.toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, FEATURES_MAX);
  return { buckets: Uint32Array.from(kept, bucketOf), values: Float32Array.from(kept, ({ value }) => value) };
}

export function bucketOf({ name }: Feature): number {
  return hash32(name) % FEATURE_BUCKETS;
}

/** Words of the answer and pairs of them, as such and for this question alone, and how they meet the requirements. */
function answerReading(task: SkillAssessmentTask): Reading {
  const { reading } = skillContext(task);
  const { text, signs } = reading;
  const { groups } = measure(reading, plainRarity);
  const question = hash32(task.criteria.requirements.join('\n')).toString(36);
  const [words, pairs, own] = [new Group(), new Group(), new Group()];
  let previous = '';
  for (const { stem, negated, text: word } of text.content.slice(0, TOKENS_MAX)) {
    const marked = negated ? `not ${stem}` : stem;
    words.add(`w ${marked}`, shown(word));
    own.add(`q ${question} ${marked}`, shown(word));
    if (previous !== '') pairs.add(`p ${previous} ${marked}`);
    previous = marked;
  }
  const mean = (of: (group: (typeof groups)[number]) => number) =>
    groups.reduce((sum, group) => sum + of(group), 0) / Math.max(1, groups.length);
  const gaps: Feature[] = [
    { name: 'g words', value: mean(({ words: share }) => share) - 0.5 },
    { name: 'g least', value: Math.min(1, ...groups.map(({ words: share }) => share)) - 0.5 },
    { name: 'g pairs', value: mean(({ pairs: share }) => share) - 0.25 },
    { name: 'g negation', value: Math.max(0, ...groups.map(({ negation }) => negation)) },
    { name: 'g list', value: signs.list },
    { name: 'g length', value: Math.log1p(text.content.length) / 3 - 1 },
  ];
  const features = [...words.features(1), ...pairs.features(0.5), ...own.features(1), ...gaps];
  return { features, gamed: isGamed(signs, task.submission.content) };
}

/** Tokens of added and of removed lines and pairs of them, and where the change is. */
function changeFeatures(task: CodeReviewTask): Feature[] {
  const diff = parseDiff(task.pullRequest.diff);
  const [added, removed, places] = [new Group(), new Group(), new Group()];
  addLines(added, 'a', sourceFilesOf(diff));
  addLines(removed, 'r', sourceFilesOf(diff, 'original'));
  for (const { path, language } of diff.files) {
    places.add(`l ${language}`);
    for (const part of path.toLowerCase().split('/')) places.add(`d ${part}`, shown(part));
  }
  return [...added.features(1), ...removed.features(0.7), ...places.features(0.5)];
}

function addLines(group: Group, kind: string, sources: readonly SourceFile[]): void {
  let left = TOKENS_MAX;
  for (const line of sources.flatMap(({ hunks }) => hunks.flat())) {
    if (!line.added || left <= 0) continue;
    for (const { name, word } of lineFeatures(line, kind)) group.add(name, word);
    left -= line.code.length / 4; // about a token each, which spares counting them
  }
}

/** The features that one line has by itself. */
export function lineFeatures(line: Pick<SourceLine, 'code'>, kind = 'a'): Feature[] {
  const features: Feature[] = [];
  let previous = '';
  for (const [token] of line.code.matchAll(/[\p{L}_$][\p{L}\p{N}_$]{0,60}|\d[\w.]{0,20}|[^\s\p{L}\p{N}]/gu)) {
    const plain = /^\d/.test(token) ? '0' : token.toLowerCase();
    const word = shown(token);
    features.push({ name: `${kind} ${plain}`, value: 1, ...(word === undefined ? {} : { word }) });
    if (previous !== '') features.push({ name: `${kind} ${previous} ${plain}`, value: 1 });
    previous = plain;
  }
  return features;
}

/** Ordinary words may be told; what mixes letters and digits, or is long, could be a secret. */
function shown(word: string): string | undefined {
  return /^[\p{L}_]{3,24}$/u.test(word) ? word : undefined;
}
