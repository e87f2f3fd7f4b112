import { isCode } from '../../diff/language.ts';
import type { SourceLine } from '../../diff/lexer.ts';
import { FeatureBag, joined, type Sparse, scaled } from '../hashing.ts';
import type { Evidence, SourceFile } from './evidence.ts';

/** Tokens read from one change: a bulk change is judged by its first part. */
const TOKENS_MAX = 20_000;
/** Lengths of the groups of features relative to each other: chosen by cross-validation. */
const GROUP = { tokens: 1, delta: 1.5, rules: 1.2 } as const;

/** The tokens of a line as learned from: words in lower case, numbers as 0, marks one by one. */
export function tokensOf(line: SourceLine): string[] {
  const tokens: string[] = [];
  for (const [token] of line.code.matchAll(/[A-Za-z_$][\w$]{0,60}|\d[\w.]{0,20}|[^\s\w]/g)) {
    tokens.push(/^\d/.test(token) ? '0' : token.toLowerCase());
  }
  return tokens;
}

/** Code lines that a version of the change has and the other has not. */
function changedTokens(sources: readonly SourceFile[]): string[][] {
  const lines: string[][] = [];
  let left = TOKENS_MAX;
  for (const source of sources) {
    if (!isCode(source.file.language) || source.isTest) continue;
    for (const line of source.hunks.flat()) {
      if (!line.added || left <= 0) continue;
      const tokens = tokensOf(line);
      left -= tokens.length;
      if (tokens.length > 0) lines.push(tokens);
    }
  }
  return lines;
}

function grams(line: readonly string[]): string[] {
  return line.flatMap((token, i) => {
    const [next, third] = [line[i + 1], line[i + 2]];
    const all = [token];
    if (next !== undefined) all.push(`${token} ${next}`);
    if (third !== undefined) all.push(`${token} ${next} ${third}`);
    return all;
  });
}

/**
 * Features of a change: n-grams of added code, n-grams that the change adds or takes away, and rules that fire
 * after but not before. No feature counts lines, so that direction and size of a change tell nothing.
 */
export function changeFeatures(
  changed: readonly SourceFile[],
  original: readonly SourceFile[],
  evidence: readonly Evidence[],
  before: readonly Evidence[],
  buckets: number,
): Sparse {
  const added = changedTokens(changed).flatMap(grams);
  const removed = changedTokens(original).flatMap(grams);
  const [tokens, delta, rules] = [new FeatureBag(buckets), new FeatureBag(buckets), new FeatureBag(buckets)];
  for (const gram of added) tokens.add(`t ${gram}`);
  if (removed.length > 0) {
    const counts = new Map<string, number>();
    for (const gram of added) counts.set(gram, (counts.get(gram) ?? 0) + 1);
    for (const gram of removed) counts.set(gram, (counts.get(gram) ?? 0) - 1);
    for (const [gram, count] of counts) if (count !== 0) delta.add(`d ${gram}`, Math.sign(count));
  }
  for (const item of evidence) rules.add(`r ${ruleOf(item)}`);
  for (const item of before) rules.add(`r ${ruleOf(item)}`, -1);
  return joined([scaled(tokens, GROUP.tokens), scaled(delta, GROUP.delta), scaled(rules, GROUP.rules)]);
}

/** The features that one added line has by itself, for telling which line weighs most. */
export function lineFeatures(line: SourceLine, buckets: number): Sparse {
  const bag = new FeatureBag(buckets);
  for (const gram of grams(tokensOf(line))) bag.add(`t ${gram}`);
  for (const gram of grams(tokensOf(line))) bag.add(`d ${gram}`);
  return scaled(bag);
}

/** A rule without its language: what it means is the same everywhere. */
function ruleOf({ rule, severity }: Evidence): string {
  return `${rule.slice(rule.indexOf('/') + 1)} ${severity}`;
}
