import type { PreparedText, RequirementCoverage } from './coverage.ts';
import type { GamingSigns } from './gaming.ts';

/** Names of the dense features of an answer, in order; for the model card. */
export const SKILL_FEATURES = [
  'words mean',
  'words worst',
  'local mean',
  'local worst',
  'pairs mean',
  'pairs worst',
  'sequence mean',
  'sequence worst',
  'negation mean',
  'negation most',
  'copied mean',
  'size mean',
  'groups',
  'list',
  'repeated',
  'copied share',
  'answer length',
  'density',
  'prose',
  'sentence length',
  'order given words',
  'turned',
  'scrambled',
] as const;

/** Features of a whole answer; `groups` holds one coverage for each group of alternative requirements. */
export function skillFeatures(
  groups: readonly RequirementCoverage[],
  signs: GamingSigns,
  text: PreparedText,
): Float32Array {
  const mean = (key: keyof RequirementCoverage) =>
    groups.reduce((sum, group) => sum + group[key], 0) / Math.max(1, groups.length);
  const least = (key: keyof RequirementCoverage) => Math.min(...groups.map((group) => group[key]));
  const most = (key: keyof RequirementCoverage) => Math.max(...groups.map((group) => group[key]));
  const [words, sequence] = [mean('words'), mean('sequence')];
  const total = Math.max(1, text.words.length);
  const sentences = 1 + (text.words.at(-1)?.sentence ?? 0);
  const asked = groups.reduce((sum, group) => sum + group.size * 20, 0);
  return Float32Array.from([
    words,
    least('words'),
    mean('local'),
    least('local'),
    mean('pairs'),
    least('pairs'),
    sequence,
    least('sequence'),
    mean('negation'),
    most('negation'),
    mean('copied'),
    mean('size'),
    Math.min(5, groups.length),
    signs.list,
    signs.repeated,
    signs.copied,
    Math.log1p(total),
    Math.min(4, asked / Math.max(1, text.content.length)),
    1 - text.content.length / total,
    Math.min(60, total / sentences),
    words > 0 ? sequence / words : 0,
    text.content.filter((word) => word.negated).length / Math.max(1, text.content.length),
    signs.scrambled,
  ]);
}
