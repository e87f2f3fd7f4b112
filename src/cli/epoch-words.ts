import type { Committee } from '../protocol/committee.ts';
import { formatPpm } from '../protocol/ppm.ts';

/** Characters of a key that tell validators apart for people. */
const KEY_CHARS = 16;

/** What a change of epoch changes, a line each. */
export function changeWords(before: Committee, after: Committee): string[] {
  const was = new Map(before.validators.map(({ publicKey, weight }) => [publicKey, weight]));
  const is = new Map(after.validators.map(({ publicKey, weight }) => [publicKey, weight]));
  const short = (key: string) => key.slice(0, KEY_CHARS);
  const added = after.validators.filter(({ publicKey }) => !was.has(publicKey));
  const removed = before.validators.filter(({ publicKey }) => !is.has(publicKey));
  const weighed = after.validators.filter(({ publicKey, weight }) => (was.get(publicKey) ?? weight) !== weight);
  return [
    ...added.map(({ publicKey, weight }) => `adds       validator ${short(publicKey)} with weight ${weight}`),
    ...removed.map(({ publicKey, weight }) => `removes    validator ${short(publicKey)}, which had weight ${weight}`),
    ...weighed.map(
      ({ publicKey, weight }) => `weight     of validator ${short(publicKey)}: ${was.get(publicKey)} becomes ${weight}`,
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
