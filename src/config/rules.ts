import { type Fault, invalidInput } from '../protocol/errors.ts';
import type { Genesis } from '../protocol/genesis.ts';
import { formatPpm, parsePpm } from '../protocol/ppm.ts';
import type { Config } from './load.ts';
import type { RuleSettings } from './schema.ts';

/**
 * Refuses a node whose file states other rules than its network: they are the network's, and stand in genesis.
 * @throws ValidationError CONFIG_MISMATCH with each difference in `details.faults`
 */
export function assertSameRules(config: Pick<Config, 'validation'>, genesis: Genesis): void {
  const { rules } = genesis;
  const { minConfidence, requiredValidators, consensusThreshold, minModelFamilies }: RuleSettings =
    config.validation ?? {};
  const faults = [
    ...differs('minConfidence', decimal(minConfidence), formatPpm(rules.minConfidencePpm)),
    ...differs('requiredValidators', requiredValidators, rules.requiredValidators),
    ...differs('consensusThreshold', decimal(consensusThreshold), formatPpm(rules.consensusThresholdPpm)),
    ...differs('minModelFamilies', minModelFamilies, rules.minModelFamilies),
  ];
  if (faults.length > 0) throw invalidInput("this node's rules are not its network's", faults, 'CONFIG_MISMATCH');
}

/** `0.70`, `.7` as YAML reads them and "0.7" are one share; what is none is shown as it stands. */
function decimal(value: string | number | undefined): string | undefined {
  if (value === undefined) return undefined;
  try {
    return formatPpm(parsePpm(value, 'share'));
  } catch {
    return String(value);
  }
}

function differs(name: string, mine: string | number | undefined, networks: string | number): Fault[] {
  if (mine === undefined || mine === networks) return [];
  const message = `is ${mine} in this node's configuration, and ${networks} in the network's genesis: correct it or remove the line`;
  return [{ path: `validation.${name}`, message }];
}

/** Which observers a node admits. */
export interface ObserverPolicy {
  max: number;
  /** Anybody, or the holders of these public keys (hex). */
  allow: 'any' | readonly string[];
}

/**
 * The node's setting within the network's kind: anybody only on a devnet, since observers see every task and result.
 * @throws ValidationError INVALID_CONFIG
 */
export function observerPolicy({ network: { observers } }: Pick<Config, 'network'>, genesis: Genesis): ObserverPolicy {
  const isDevnet = genesis.rules.kind === 'devnet';
  const allow = observers.allow ?? (isDevnet ? 'any' : []);
  if (allow !== 'any' || isDevnet) return { max: observers.max, allow };
  const message = `may be "any" on a devnet only, and this network is a ${genesis.rules.kind}: list the observers' public keys`;
  throw invalidInput('not a valid configuration', [{ path: 'network.observers.allow', message }], 'INVALID_CONFIG');
}
