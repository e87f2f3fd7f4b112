import { FeatureBag, joined, type Sparse, scaled } from '../hashing.ts';
import { type ChangedLine, type ChangeView, gains, ruleOf } from './view.ts';

/** Lengths of the groups of features relative to each other: chosen by cross-validation. */
const GROUP = { present: 1, gained: 1.5, ofKind: 1.5, words: 1, rules: 1.2 } as const;

/** The tokens of a line as learned from: words in lower case, numbers as 0, marks one by one. */
function tokensOf({ code }: ChangedLine): string[] {
  const tokens = code.match(/[A-Za-z_$][\w$]{0,60}|\d[\w.]{0,20}|[^\s\w]/g) ?? [];
  return tokens.map((token) => (/^\d/.test(token) ? '0' : token.toLowerCase()));
}

/** Runs of one to `length` neighbours. */
export function runsOf(tokens: readonly string[], length: number): string[] {
  return tokens.flatMap((_, i) => {
    const runs: string[] = [];
    for (let size = 1; size <= length && i + size <= tokens.length; size++)
      runs.push(tokens.slice(i, i + size).join(' '));
    return runs;
  });
}

/** The words that names are made of: `escapeHtml` and `escape_html` give the same two. */
function wordsOf({ code }: ChangedLine): string[] {
  const names = code.match(/[A-Za-z_$][\w$]{0,60}/g) ?? [];
  return names.flatMap((name) =>
    name
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .toLowerCase()
      .split('_')
      .filter((word) => word.length > 1),
  );
}

const RUN_TOKENS = 3;
const runs = (lines: readonly ChangedLine[]) => lines.flatMap((line) => runsOf(tokensOf(line), RUN_TOKENS));

/**
 * Surface features of a change: runs of tokens that it brings, that it gains or loses on the whole, and rules that
 * fire after but not before. Gains count once each, so that direction and size of a change tell little.
 */
export function tokenFeatures({ after, before, kind }: ChangeView, buckets: number): Sparse {
  const bag = () => new FeatureBag(buckets);
  const [present, gained, ofKind, words, rules] = [bag(), bag(), bag(), bag(), bag()];
  const now = runs(after.lines);
  for (const run of now) present.add(`t ${run}`);
  for (const [run, surplus] of gains(now, runs(before.lines))) {
    if (before.lines.length > 0) gained.add(`d ${run}`, Math.sign(surplus));
    ofKind.add(`${kind} ${run}`, Math.sign(surplus));
  }
  for (const [word, surplus] of gains(after.lines.flatMap(wordsOf), before.lines.flatMap(wordsOf)))
    words.add(`u ${word}`, Math.sign(surplus));
  for (const item of after.evidence) rules.add(`r ${ruleOf(item)}`);
  for (const item of before.evidence) rules.add(`r ${ruleOf(item)}`, -1);
  return joined([
    scaled(present, GROUP.present),
    scaled(gained, GROUP.gained),
    scaled(ofKind, GROUP.ofKind),
    scaled(words, GROUP.words),
    scaled(rules, GROUP.rules),
  ]);
}
