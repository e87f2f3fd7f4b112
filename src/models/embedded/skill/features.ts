import type { RequirementCoverage } from './coverage.ts';
import type { Measures, Reading } from './reading.ts';
import { TURN_NAMES } from './turns.ts';

type Key = keyof RequirementCoverage;

const BEST: readonly Key[] = [
  'words',
  'soft',
  'local',
  'precision',
  'balance',
  'runsFound',
  'runsOwn',
  'runsAlike',
  'pairs',
  'sequence',
  'negation',
  'opposed',
  'numbersMissing',
  'numbersOther',
  'missedMost',
  'copied',
  'verbatim',
  'size',
  'nearFound',
  'nearOwn',
  'phrasesFound',
  'phrasesOwn',
  'neighboursFound',
  'neighboursOwn',
  'reversed',
];
/** What of all requirements as one is not told by the best of them. */
const JOINED: readonly Key[] = BEST.filter((key) => key !== 'local' && key !== 'copied');

const OVER_ALL = {
  'words mean': ({ each }) => mean(each, 'words'),
  'soft mean': ({ each }) => mean(each, 'soft'),
  'soft least': ({ each }) => Math.min(...each.map(({ soft }) => soft)),
  'soft second': ({ each }) => nth(each, 1),
  'soft fourth': ({ each }) => nth(each, 3),
  'half met': ({ each }) => Math.min(10, each.filter(({ soft }) => soft > 0.5).length),
  'runs alike mean': ({ each }) => mean(each, 'runsAlike'),
  'near mean': ({ each }) => mean(each, 'nearFound'),
  'phrases mean': ({ each }) => mean(each, 'phrasesFound'),
  'neighbours mean': ({ each }) => mean(each, 'neighboursFound'),
  'negation most': ({ each }) => Math.max(...each.map(({ negation }) => negation)),
  'opposed most': ({ each }) => Math.max(...each.map(({ opposed }) => opposed)),
  'verbatim most': ({ each }) => Math.max(...each.map(({ verbatim }) => verbatim)),
  'size mean': ({ each }) => mean(each, 'size'),
  'groups words': ({ groups }) => mean(groups, 'words'),
  'groups words least': ({ groups }) => Math.min(...groups.map(({ words }) => words)),
  'groups local': ({ groups }) => mean(groups, 'local'),
  'groups local least': ({ groups }) => Math.min(...groups.map(({ local }) => local)),
  'turns agreed': ({ turns }) => turns.agreed,
  'turns opposite': ({ turns }) => turns.opposite,
  'relations found': ({ turns }) => turns.relationsFound,
  'relations other': ({ turns }) => turns.relationsOther,
  'new share': ({ manner }) => manner.newShare,
  'new weight': ({ manner }) => manner.newWeight,
  'rarity mean': ({ manner }) => manner.meanRarity,
  'rarity most': ({ manner }) => manner.mostRarity,
} as const satisfies Record<string, (measures: Measures) => number>;

const OF_TEXT = {
  requirements: ({ requirements }) => Math.min(10, requirements.each.length),
  groups: ({ requirements }) => Math.min(10, requirements.groups.length),
  'overlap mean': ({ requirements }) => requirements.overlap.mean,
  'overlap most': ({ requirements }) => requirements.overlap.most,
  'answer words': ({ text }) => Math.log1p(text.words.length),
  'answer content': ({ text }) => Math.log1p(text.content.length),
  'answer by asked': ({ text, requirements }) =>
    Math.min(4, text.words.length / Math.max(1, requirements.joined.words.length)),
  'content share': ({ text }) => text.content.length / Math.max(1, text.words.length),
  'word length': ({ text }) =>
    text.words.reduce((sum, word) => sum + word.text.length, 0) / Math.max(1, text.words.length),
  'distinct share': ({ text }) => text.positions.size / Math.max(1, text.content.length),
  'sentence length': ({ text }) => Math.min(60, text.words.length / (1 + (text.words.at(-1)?.sentence ?? 0))),
  turned: ({ text }) => text.content.filter((word) => word.negated).length / Math.max(1, text.content.length),
  list: ({ signs, topicSigns }) => Math.max(signs.list, topicSigns.list),
  repeated: ({ signs, topicSigns }) => Math.max(signs.repeated, topicSigns.repeated),
  'copied share': ({ signs, topicSigns }) => Math.max(signs.copied, topicSigns.copied),
  scrambled: ({ signs, topicSigns }) => Math.max(signs.scrambled, topicSigns.scrambled),
  asking: ({ signs }) => signs.asking,
  'speaks of it': ({ text }) => Number(text.places.has('it')),
  'speaks of they': ({ text }) => Number(text.places.has('they')),
  'speaks of I': ({ text }) => Number(text.places.has('i')),
  'gives a reason': ({ text }) => Number(text.places.has('because')),
  'draws a conclusion': ({ text }) => Number(text.places.has('so')),
  'sets a condition': ({ text }) => Number(text.places.has('if')),
} as const satisfies Record<string, (reading: Reading) => number>;

/** Names of the dense features of an answer, in order; for the model card. */
export const SKILL_FEATURES: readonly string[] = [
  ...BEST.map((key) => `best ${key}`),
  ...JOINED.map((key) => `joined ${key}`),
  ...Object.keys(OVER_ALL),
  ...Object.keys(OF_TEXT),
  ...TURN_NAMES.map((name) => `turn ${name}`),
];

/** Features of an answer beside its requirements. */
export function skillFeatures(reading: Reading, measures: Measures): Float32Array {
  const best = measures.each[measures.best]!;
  return Float32Array.from([
    ...BEST.map((key) => best[key]),
    ...JOINED.map((key) => measures.joined[key]),
    ...Object.values(OVER_ALL).map((of) => of(measures)),
    ...Object.values(OF_TEXT).map((of) => of(reading)),
    ...measures.turns.each,
  ]);
}

function mean(coverages: readonly RequirementCoverage[], key: Key): number {
  return coverages.reduce((sum, coverage) => sum + coverage[key], 0) / Math.max(1, coverages.length);
}

/** The coverage of rank n, from 0; the last if there are fewer. */
function nth(coverages: readonly RequirementCoverage[], n: number): number {
  const sorted = coverages.map(({ soft }) => soft).sort((a, b) => b - a);
  return sorted[Math.min(n, sorted.length - 1)] ?? 0;
}
