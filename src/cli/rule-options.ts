import { type Command, Option } from 'commander';
import type { RuleSettings } from '../config/schema.ts';
import { VALIDATORS_MAX } from '../protocol/limits.ts';
import { wholeNumber } from './arguments.ts';

/** Flags for the rules of a new network; shares stay text, so that they are read exactly. */
export interface RuleFlags {
  threshold?: string;
  minConfidence?: string;
  requiredValidators?: number;
  minModelFamilies?: number;
}

export function networkRuleOptions(command: Command): Command {
  return command
    .option('--name <name>', 'name of the network')
    .addOption(
      new Option('--kind <kind>', 'kind of the network').choices(['devnet', 'testnet', 'mainnet']).default('testnet'),
    )
    .option('--threshold <share>', 'consensusThreshold: share of the total weight that a verdict needs (0.7)')
    .option('--min-confidence <share>', 'minConfidence: below it a judgement abstains (0.8)')
    .option(
      '--required-validators <n>',
      'requiredValidators: results that must count (2)',
      wholeNumber(1, VALIDATORS_MAX),
    )
    .option(
      '--min-model-families <n>',
      'minModelFamilies: distinct ones behind a verdict (1)',
      wholeNumber(1, VALIDATORS_MAX),
    );
}

export function rulesOf({ threshold, minConfidence, requiredValidators, minModelFamilies }: RuleFlags): RuleSettings {
  const rules = { consensusThreshold: threshold, minConfidence, requiredValidators, minModelFamilies };
  return Object.fromEntries(Object.entries(rules).filter(([, value]) => value !== undefined));
}
