import { FeatureBag, joined, type Sparse, scaled } from '../hashing.ts';
import { SIGNS, signCounts } from './signs.ts';
import { type ChangeView, ruleOf } from './view.ts';

/** Lengths of the groups of features relative to each other: chosen by cross-validation. */
const GROUP = { signs: 1.5, rules: 1.2, pairs: 1.2, ofKind: 1.2 } as const;
/** Conditions that are combined with each other; pairs grow with the square. */
const PAIRED_MAX = 60;

/** Which rules fire and which signs are gained or lost, and every two of them together. */
export function ruleFeatures(view: ChangeView, buckets: number): Sparse {
  const bag = () => new FeatureBag(buckets);
  const [signs, rules, pairs, ofKind] = [bag(), bag(), bag(), bag()];
  const { moved, standing } = conditionsOf(view);
  for (const condition of [...moved, ...standing]) signs.add(condition);
  for (const condition of moved) ofKind.add(`${view.kind} ${condition}`);
  const now = new Set(view.after.evidence.map(ruleOf));
  for (const feature of ruleChanges(view, now)) rules.add(feature);
  const paired = moved.slice(0, PAIRED_MAX);
  paired.forEach((condition, i) => {
    for (const other of paired.slice(i + 1)) pairs.add(`${condition}&${other}`);
    for (const rule of now) pairs.add(`${rule}&${condition}`);
  });
  return joined([
    scaled(signs, GROUP.signs),
    scaled(rules, GROUP.rules),
    scaled(pairs, GROUP.pairs),
    scaled(ofKind, GROUP.ofKind),
  ]);
}

function conditionsOf({ after, before }: ChangeView): { moved: string[]; standing: string[] } {
  const [now, then] = [signCounts(after.lines), signCounts(before.lines)];
  const [moved, standing]: [string[], string[]] = [[], []];
  SIGNS.forEach(({ name }, i) => {
    const [more, less] = [now[i]!, then[i]!];
    if (more > less) moved.push(`${name} ${before.lines.length > 0 ? 'gained' : 'present'}`);
    if (less > more) moved.push(`${name} lost`);
    if (less > 0 && more === 0) moved.push(`${name} gone`);
    if (more > 0 && less === 0 && before.lines.length > 0) moved.push(`${name} new`);
    if (more > 0) standing.push(`${name} after`);
    if (less > 0) standing.push(`${name} before`);
  });
  return { moved, standing };
}

function ruleChanges({ after, before, kind }: ChangeView, now: ReadonlySet<string>): string[] {
  const then = new Set(before.evidence.map(ruleOf));
  return [
    ...[...now].flatMap((rule) => [`after ${rule}`, `${kind} after ${rule}`]),
    ...[...then].map((rule) => `before ${rule}`),
    ...[...now].filter((rule) => !then.has(rule)).map((rule) => `new ${rule}`),
    ...[...then].filter((rule) => !now.has(rule)).map((rule) => `gone ${rule}`),
    kind,
    `sink ${after.touchesSink} ${before.touchesSink}`,
    `${kind} clean ${now.size === 0} ${then.size === 0}`,
  ];
}
