import { stat } from 'node:fs/promises';
import { platform } from 'node:os';
import { assertPrivate } from '../../config/files.ts';
import { loadRpcTokens } from '../../config/home.ts';
import type { Config } from '../../config/load.ts';
import { modelAccessFaults } from '../../config/models.ts';
import { assertSameRules, observerPolicy } from '../../config/rules.ts';
import { type Committee, createCommittee, indexOfKey } from '../../protocol/committee.ts';
import { committeesOf } from '../../protocol/epoch-change.ts';
import { type Fault, ValidationError } from '../../protocol/errors.ts';
import { type Genesis, genesisWarnings } from '../../protocol/genesis.ts';
import { assertCustomModels } from '../judges.ts';
import type { Facts } from './facts.ts';
import { type Finding, failure, failureOf, ok, warning } from './finding.ts';

export async function checkHome({ home, paths }: Facts): Promise<Finding[]> {
  const found = await stat(home).catch(() => undefined);
  if (found === undefined)
    return [failure('home', `there is no ${home}`, 'run pheme init, or name another with --home or PHEME_HOME')];
  if (!found.isDirectory()) return [failure('home', `${home} is no folder`, 'name another with --home or PHEME_HOME')];
  const others = found.mode & 0o077;
  if (others === 0 || platform() === 'win32') return [ok('home', home)];
  const mode = (found.mode & 0o777).toString(8);
  if ((others & 0o022) !== 0)
    return [
      failure('home', `others may write to ${home} (mode ${mode})`, `run chmod 700 ${home}, and look at what is in it`),
    ];
  return [
    warning(
      'home',
      `others may look into ${home} (mode ${mode})`,
      `run chmod 700 ${home}; ${paths.data} holds private tasks`,
    ),
  ];
}

/** All faults of the configuration, each by itself. */
export async function checkConfig({ config, newest }: Facts): Promise<Finding[]> {
  if (config.value === undefined) return faultsOf(config.error).map((fault) => faultFinding('config', fault));
  const { config: loaded, warnings } = config.value;
  const findings = [
    ...modelAccessFaults(loaded.models).map((fault) => faultFinding('config', fault)),
    ...(newest === undefined ? [] : ruleFindings(loaded, newest)),
    ...(await attempt('config', () => assertCustomModels(loaded))),
    ...warnings.map((text) => warning('config', text, 'set what is missing, or remove the setting')),
  ];
  return findings.length > 0 ? findings : [ok('config', 'every setting is valid')];
}

function ruleFindings(config: Config, genesis: Genesis): Finding[] {
  const checks = [() => assertSameRules(config, genesis), () => observerPolicy(config, genesis)];
  return checks.flatMap((check) => {
    try {
      check();
      return [];
    } catch (error) {
      return faultsOf(error).map((fault) => faultFinding('config', fault));
    }
  });
}

function faultsOf(error: unknown): readonly Fault[] {
  if (!(error instanceof ValidationError)) throw error;
  return (error.details['faults'] as Fault[] | undefined) ?? [{ path: '', message: error.message }];
}

/** A fault's message says what is wrong, then, behind a colon, what mends it; many messages are the remedy themselves. */
function faultFinding(check: string, { path, message }: Fault): Finding {
  const name = path === '' ? check : `${check} ${path}`;
  const parts = /^(.*?): (.*)$/s.exec(message);
  return parts === null ? failure(name, message, 'correct it in the place named') : failure(name, parts[1]!, parts[2]!);
}

async function attempt(check: string, action: () => Promise<unknown>): Promise<Finding[]> {
  try {
    await action();
    return [];
  } catch (error) {
    return [failureOf(check, error)];
  }
}

export async function checkKey({ key }: Facts): Promise<Finding[]> {
  if (key.value === undefined) return [failureOf('key', key.error)];
  const { publicKey, encrypted, path } = key.value;
  const shown = `${path} holds ${publicKey.slice(0, 16)}...`;
  if (encrypted) return [ok('key', `${shown}, encrypted`)];
  if (path.endsWith('key-binding.json')) return [ok('key', `VALIDATOR_KEY holds ${publicKey.slice(0, 16)}...`)];
  return [ok('key', `${shown}, readable by its owner only, not encrypted (pheme keys encrypt would seal it)`)];
}

export async function checkTokens({ config, paths }: Facts): Promise<Finding[]> {
  if (config.value === undefined) return attempt('api-token', () => assertPrivate(paths.apiToken, 'TOKEN_FILE_MODE'));
  const findings = await attempt('api-token', () => loadRpcTokens(config.value!.config));
  return findings.length > 0 ? findings : [ok('api-token', 'readable by its owner only')];
}

/** Membership, rules, and what an operator should know about them. */
export async function checkGenesis({ genesis, epochs, newest, key, paths }: Facts): Promise<Finding[]> {
  if (genesis.value === undefined) {
    const faults = faultsOf(genesis.error);
    return faults[0]?.path === ''
      ? [failureOf('genesis', genesis.error)]
      : faults.map((fault) => faultFinding('genesis', fault));
  }
  const { networkId } = createCommittee(genesis.value);
  const { name, rules, validators } = genesis.value;
  const members = committeesOf(genesis.value, epochs.value ?? []).at(-1)!;
  const remedy = 'these are rules of the network: agree on another genesis, or on an epoch, with its operators';
  return [
    ok('genesis', `${name} (${rules.kind}), ${validators.length} validators, network ${networkId.slice(0, 16)}`),
    ...(epochs.value === undefined ? [failureOf('epochs', epochs.error)] : epochFindings(members)),
    ...membership(indexOfKey(members, key.value?.publicKey ?? ''), key.value !== undefined, paths.genesis),
    ...genesisWarnings(newest ?? genesis.value).map((text) => warning('genesis rules', text, remedy)),
  ];
}

/** What the network became since its genesis. */
function epochFindings({ epoch, validators, quorum, totalWeight }: Committee): Finding[] {
  if (epoch === 0) return [];
  return [
    ok('epochs', `epoch ${epoch} is the newest: ${validators.length} validators, quorum ${quorum} of ${totalWeight}`),
  ];
}

function membership(index: number | undefined, hasKey: boolean, path: string): Finding[] {
  if (!hasKey) return [];
  if (index !== undefined) return [ok('membership', `the key is validator ${index}`)];
  const remedy = `start it with --observer, or have the key added by an epoch (pheme epoch propose --add, then pheme epoch apply here); is ${path} of the right network?`;
  return [warning('membership', 'the key is no validator of the newest epoch: this node can only observe', remedy)];
}
