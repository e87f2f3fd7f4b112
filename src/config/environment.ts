import type { Fault } from '../protocol/errors.ts';
import { type Layer, nested, type Specials } from './layer.ts';
import { similarTo } from './similar.ts';

type Reading = 'text' | 'number' | 'list' | 'wordOrList';

/** Every setting that the environment can give, and how its text is read; lists are comma-separated. */
export const ENVIRONMENT_SETTINGS: Readonly<Record<string, Reading>> = {
  'worker.concurrency': 'number',
  'worker.maxJobsPerWorker': 'number',
  'worker.timeout': 'number',
  'worker.retryLimit': 'number',
  'escalation.model': 'text',
  'escalation.timeout': 'number',
  'network.listen': 'list',
  'network.peers': 'list',
  'network.observers.max': 'number',
  'network.observers.allow': 'wordOrList',
  'rpc.host': 'text',
  'rpc.port': 'number',
  'rpc.allowedHosts': 'list',
  'rpc.tokenFile': 'text',
  'rpc.readTokenFile': 'text',
  'rpc.limits.connections': 'number',
  'rpc.limits.waits': 'number',
  'rpc.limits.callsPerSecond': 'number',
  'limits.taskTtl': 'number',
  'limits.openTasksPerOrigin': 'number',
  'limits.openMegabytesPerOrigin': 'number',
  'retention.bodies': 'text',
  'retention.reports': 'text',
  logLevel: 'text',
  'queue.url': 'text',
  'queue.prefix': 'text',
  'queue.name': 'text',
  'queue.lockMs': 'number',
  'queue.judging': 'text',
  'database.url': 'text',
  'chain.rpcUrl': 'text',
  'chain.contract': 'text',
  'chain.chainId': 'number',
  'chain.key': 'text',
  'chain.keyFile': 'text',
  'chain.batchMax': 'number',
  'chain.batchMs': 'number',
  'chain.confirmations': 'number',
  'chain.feeMaxGwei': 'number',
};

/** Settings whose variable people know by another name. */
const OWN_NAMES: Readonly<Record<string, string>> = {
  'queue.url': 'REDIS_URL',
  'queue.prefix': 'QUEUE_PREFIX',
  'database.url': 'DATABASE_URL',
};

/** Variables with a name of their own. */
const SPECIAL_VARIABLES: Readonly<Record<string, keyof Specials>> = {
  OPENAI_API_KEY: 'openaiApiKey',
  MODEL_ENDPOINT: 'modelEndpoint',
  DEFAULT_MODEL: 'defaultModel',
  VALIDATOR_ENDPOINT: 'validatorEndpoint',
  VALIDATOR_KEY: 'validatorKey',
  PHEME_RPC_TOKEN: 'rpcToken',
};
/** Variables whose value must not stand in a file that others can read. */
export const SECRET_VARIABLES = [
  'OPENAI_API_KEY',
  'VALIDATOR_KEY',
  'PHEME_RPC_TOKEN',
  'DATABASE_URL',
  'REDIS_URL',
  'PHEME_CHAIN_KEY',
  'PHEME_CHAIN_RPC_URL',
] as const;

const PREFIX = 'PHEME_';
const HOME_VARIABLE = 'PHEME_HOME';
/** Read by whoever needs the passphrase of the key, and taken out of the environment; no part of the configuration. */
export const PASSPHRASE_VARIABLES = ['PHEME_PASSPHRASE', 'PHEME_PASSPHRASE_FILE'] as const;
const PASSPHRASES: ReadonlySet<string> = new Set(PASSPHRASE_VARIABLES);

/** The variable of a setting: `rpc.allowedHosts` is PHEME_RPC_ALLOWED_HOSTS. */
export function variableOf(path: string): string {
  return OWN_NAMES[path] ?? PREFIX + path.replace(/[A-Z]/g, '_$&').replaceAll('.', '_').toUpperCase();
}

const PATH_BY_VARIABLE = new Map(Object.keys(ENVIRONMENT_SETTINGS).map((path) => [variableOf(path), path]));

/**
 * Reads variables into a layer; an empty variable is as if it were not set. Unknown PHEME_ names are faults.
 * @param kind where they stand: the process's environment, or the home's .env
 */
export function environmentLayer(
  variables: Readonly<Record<string, string | undefined>>,
  kind: 'environment' | '.env',
  faults: Fault[],
): Layer {
  const specials: Specials = {};
  const values: [string, unknown][] = [];
  const where = new Map<string, string>();
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined || value === '') continue;
    const special = Object.hasOwn(SPECIAL_VARIABLES, name) ? SPECIAL_VARIABLES[name] : undefined;
    const path = PATH_BY_VARIABLE.get(name);
    if (special !== undefined) specials[special] = value;
    else if (path !== undefined) values.push([path, readVariable(value, ENVIRONMENT_SETTINGS[path]!)]);
    else if (name.startsWith(PREFIX)) faults.push(...unknownVariable(name, kind));
    const key = special ?? path;
    if (key !== undefined) where.set(key, name);
  }
  return { kind, values: nested(values), specials, where: (path) => where.get(path) };
}

function readVariable(value: string, reading: Reading): unknown {
  if (reading === 'number') return /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value;
  if (reading === 'text' || (reading === 'wordOrList' && value === 'any')) return value;
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function unknownVariable(name: string, kind: Layer['kind']): Fault[] {
  if (name === HOME_VARIABLE && kind === 'environment') return [];
  if (name === HOME_VARIABLE)
    return [{ path: name, message: 'cannot be set inside the home: set it in the environment' }];
  if (PASSPHRASES.has(name) && kind === 'environment') return [];
  if (PASSPHRASES.has(name))
    return [{ path: name, message: 'must not stand beside the key that it opens: set it in the environment' }];
  const meant = similarTo(name, [...PATH_BY_VARIABLE.keys(), ...PASSPHRASE_VARIABLES]);
  if (meant !== undefined)
    return [{ path: name, message: `is no variable of pheme (${kind}): correct or remove it, did you mean ${meant}?` }];
  const sectionName = name.split('_', 2).join('_');
  const near = [...PATH_BY_VARIABLE.keys()].filter((known) => known.startsWith(sectionName));
  const hint = near.length === 0 ? '' : `; known: ${near.join(', ')}`;
  return [{ path: name, message: `is no variable of pheme (${kind}): correct or remove it${hint}` }];
}
