import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { z } from 'zod';
import { type Fault, invalidInput } from '../protocol/errors.ts';
import { isSection, type Layer, merge, type Origin, originText, type Specials, type Values, valueAt } from './layer.ts';
import { type ModelSettings, modelAccessFaults, resolveModels } from './models.ts';
import { knownKeys, type Settings, settingsSchema } from './schema.ts';
import { similarTo } from './similar.ts';
import { type LoadOptions, readLayers } from './sources.ts';

/** What a node or a client runs with; frozen, all the way down. */
export interface Config extends Omit<Settings, 'models'> {
  /** Absolute path. */
  home: string;
  /** By name, the preferred one first. */
  models: Readonly<Record<string, ModelSettings>>;
  /** The first of `models`. */
  defaultModel: string;
  /** VALIDATOR_ENDPOINT or `--rpc`: the RPC that client commands ask. */
  validatorEndpoint?: string;
  /** PHEME_RPC_TOKEN. */
  rpcToken?: string;
  /** VALIDATOR_KEY: the seed (64 hex digits), or a key file's path, relative to the home. */
  validatorKey?: string;
}

export interface LoadedConfig {
  config: Config;
  /** Where each value came from, by dotted path, e.g. `rpc.port`. */
  origins: ReadonlyMap<string, Origin>;
  /** Allowed, but worth a line to the operator. */
  warnings: readonly string[];
}

/** The home's absolute path: `--home`, else PHEME_HOME, else `.pheme` in the user's home. */
export function homeOf(home: string | undefined, environment: LoadOptions['environment']): string {
  return resolve(home || environment['PHEME_HOME'] || resolve(homedir(), '.pheme'));
}

/**
 * Reads the configuration: flag > environment > .env in the home > --config file > validator.yml > default.
 * A home without files is all defaults.
 * @throws ValidationError INVALID_CONFIG with every fault at once in `details.faults`
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const home = homeOf(options.home, options.environment);
  const faults: Fault[] = [];
  const layers = await readLayers(home, options, faults);
  const parsed = settingsSchema.safeParse(layers.reduce<Values>((values, layer) => merge(values, layer.values), {}));
  if (!parsed.success) faults.push(...parsed.error.issues.flatMap((issue) => issueFaults(issue, layers)));
  const specials: Specials = Object.assign({}, ...layers.map((layer) => layer.specials));
  const { models, ...settings } = parsed.success ? parsed.data : settingsSchema.parse({});
  const whereSpecial = (special: keyof Specials) => originOf(special, layers);
  const resolved = resolveModels(models, specials, whereSpecial, faults);
  faults.push(...escalationFaults(settings.escalation, resolved.models));
  if (faults.length > 0) throw invalidInput('not a valid configuration', faults, 'INVALID_CONFIG');
  const { validatorEndpoint, rpcToken, validatorKey } = specials;
  const client = Object.fromEntries(
    Object.entries({ validatorEndpoint, rpcToken, validatorKey }).filter(([, value]) => value !== undefined),
  );
  const config: Config = {
    home,
    ...settings,
    models: resolved.models,
    defaultModel: Object.keys(resolved.models)[0]!,
    ...client,
  };
  const origins = originsOf(config, layers, resolved.origins);
  return { config: deepFreeze(config), origins, warnings: resolved.warnings };
}

/**
 * Refuses to go on where a configured model could not even be asked; for commands that judge.
 * @throws ValidationError INVALID_CONFIG
 */
export function assertModelAccess(config: Config): void {
  const faults = modelAccessFaults(config.models);
  if (faults.length > 0) throw invalidInput('a model cannot be asked', faults, 'INVALID_CONFIG');
}

function escalationFaults({ model }: Settings['escalation'], models: Readonly<Record<string, ModelSettings>>): Fault[] {
  if (model === undefined || Object.hasOwn(models, model)) return [];
  return [{ path: 'escalation.model', message: `names ${model}, which is no entry of models: list it there` }];
}

function issueFaults(issue: z.core.$ZodIssue, layers: readonly Layer[]): Fault[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey([...path, key], layers));
  }
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return [{ path: path.join('.'), message: `${message}${shownSource(path, layers)}` }];
}

function unknownKey(path: string[], layers: readonly Layer[]): Fault {
  const reason = `is no setting of pheme: correct or remove it${meant(path)}`;
  return { path: path.join('.'), message: `${reason}${shownSource(path, layers)}` };
}

function meant(path: readonly string[]): string {
  const near = similarTo(path.at(-1)!, knownKeys(path.slice(0, -1)));
  return near === undefined ? '' : `, did you mean ${[...path.slice(0, -1), near].join('.')}?`;
}

/** The nearest thing around a faulty value that a source gave: an item of a list has no origin of its own. */
function shownSource(path: string[], layers: readonly Layer[]): string {
  const origin = originOf(path.join('.'), layers, path);
  if (origin.source !== 'default') return ` (${originText(origin)})`;
  return path.length > 1 ? shownSource(path.slice(0, -1), layers) : '';
}

function originOf(path: string, layers: readonly Layer[], keys = path.split('.')): Origin {
  const layer = layers.findLast(
    ({ values, specials }) => Object.hasOwn(specials, path) || valueAt(values, keys) !== undefined,
  );
  if (layer === undefined) return { source: 'default' };
  const name = layer.where(path);
  const line = layer.line?.(keys);
  return {
    source: layer.kind,
    ...(name === undefined ? {} : { name }),
    ...(line === undefined ? {} : { line }),
  };
}

function originsOf(
  config: Config,
  layers: readonly Layer[],
  resolved: ReadonlyMap<string, Origin>,
): Map<string, Origin> {
  const { home: _home, defaultModel: _first, ...values } = config;
  const paths = leafPaths(values, []).map((keys) => [keys.join('.'), keys] as const);
  return new Map(paths.map(([path, keys]) => [path, resolved.get(path) ?? originOf(path, layers, keys)]));
}

function leafPaths(value: unknown, path: string[]): string[][] {
  return isSection(value) ? Object.entries(value).flatMap(([key, inner]) => leafPaths(inner, [...path, key])) : [path];
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
