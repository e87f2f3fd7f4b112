import type { Committee } from '../protocol/committee.ts';
import { formatPpm } from '../protocol/ppm.ts';

const KEY_CHARS = 16;

/** Enough of a key for people to tell validators apart. */
export function shortKey(key: string): string {
  return key.slice(0, KEY_CHARS);
}

/** What a change of epoch changes, a line each. */
export function changeWords(before: Committee, after: Committee): string[] {
  const was = new Map(before.validators.map(({ publicKey, weight }) => [publicKey, weight]));
  const is = new Map(after.validators.map(({ publicKey, weight }) => [publicKey, weight]));
  const added = after.validators.filter(({ publicKey }) => !was.has(publicKey));
  const removed = before.validators.filter(({ publicKey }) => !is.has(publicKey));
  const weighed = after.validators.filter(({ publicKey, weight }) => (was.get(publicKey) ?? weight) !== weight);
  return [
    ...added.map(({ publicKey, weight }) => `adds       validator ${shortKey(publicKey)} with weight ${weight}`),
    ...removed.map(
      ({ publicKey, weight }) => `removes    validator ${shortKey(publicKey)}, which had weight ${weight}`,
    ),
    ...weighed.map(
      ({ publicKey, weight }) =>
        `weight     of validator ${shortKey(publicKey)}: ${was.get(publicKey)} becomes ${weight}`,
    ),
    ...ruleWords(before, after),
    `quorum     ${before.quorum} of ${before.totalWeight} becomes ${after.quorum} of ${after.totalWeight}`,
  ];
}

function ruleWords({ rules: before }: Committee, { rules: after }: Committee): string[] {
  const facts = (rules: Committee['rules']): Record<string, string | number> => ({
    minConfidence: formatPpm(rules.minConfidencePpm),
    consensusThreshold: formatPpm(rules.consensusThresholdPpm),
    requiredValidators: rules.requiredValidators,
    minModelFamilies: rules.minModelFamilies,
    ...rules.timers,
  });
  const [was, is] = [facts(before), facts(after)];
  return Object.keys(is)
    .filter((name) => was[name] !== is[name])
    .map((name) => `rule       ${name}: ${was[name]} becomes ${is[name]}`);
}
