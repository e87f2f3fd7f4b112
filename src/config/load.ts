import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { type Fault, invalidInput, ValidationError } from '../protocol/errors.ts';
import { environmentLayer, SECRET_VARIABLES } from './environment.ts';
import { assertPrivate, readSmallFile } from './files.ts';
import { homePaths } from './home-paths.ts';
import { isSection, type Layer, merge, nested, type Origin, type Specials, type Values, valueAt } from './layer.ts';
import { type ModelSettings, modelAccessFaults, resolveModels } from './models.ts';
import { type Settings, settingsSchema } from './schema.ts';

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
  /** VALIDATOR_KEY: the seed (64 hex digits), or a key file's path. */
  validatorKey?: string;
}

export interface LoadedConfig {
  config: Config;
  /** Where each value came from, by dotted path, e.g. `rpc.port`. */
  origins: ReadonlyMap<string, Origin>;
  /** Allowed, but worth a line to the operator. */
  warnings: readonly string[];
}

/** Flags that were given explicitly; an undefined one was not. */
export interface Flags {
  /** Settings by dotted path, e.g. `{'rpc.port': 7436, logLevel: 'debug'}`. */
  settings?: Readonly<Record<string, unknown>>;
  /** `--model`: as DEFAULT_MODEL. */
  model?: string | undefined;
  /** `--rpc`: as VALIDATOR_ENDPOINT. */
  rpcUrl?: string | undefined;
}

export interface LoadOptions {
  /** `--home`; else PHEME_HOME, else `.pheme` in the user's home. */
  home?: string | undefined;
  /** `--config`: a file whose sections come before those of the home's validator.yml, e.g. a worker.yml. */
  configFile?: string | undefined;
  flags?: Flags;
  /** The process's environment. Nothing is read from the working directory. */
  environment: Readonly<Record<string, string | undefined>>;
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

/** Lowest precedence first. */
async function readLayers(
  home: string,
  { configFile, flags, environment }: LoadOptions,
  faults: Fault[],
): Promise<Layer[]> {
  const paths = homePaths(home);
  return [
    await fileLayer(paths.config, false, faults),
    ...(configFile === undefined ? [] : [await fileLayer(resolve(configFile), true, faults)]),
    environmentLayer(await dotEnv(paths.dotEnv, faults), '.env', faults),
    environmentLayer(environment, 'environment', faults),
    flagLayer(flags ?? {}),
  ];
}

function flagLayer({ settings = {}, model, rpcUrl }: Flags): Layer {
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  const specials = {
    ...(model === undefined ? {} : { defaultModel: model }),
    ...(rpcUrl === undefined ? {} : { validatorEndpoint: rpcUrl }),
  };
  return { kind: 'flag', values: nested(given), specials, where: () => undefined };
}

async function dotEnv(path: string, faults: Fault[]): Promise<Record<string, string | undefined>> {
  return collecting(faults, {}, async () => {
    const variables = parseEnv((await readSmallFile(path)) ?? '');
    if (SECRET_VARIABLES.some((name) => variables[name]))
      await collecting(faults, undefined, () => assertPrivate(path));
    return variables;
  });
}

async function fileLayer(path: string, required: boolean, faults: Fault[]): Promise<Layer> {
  const values = await collecting(faults, {}, async () => {
    const text = await readSmallFile(path);
    if (text === undefined && required)
      throw new ValidationError(`there is no configuration file at ${path}`, 'INVALID_CONFIG');
    const read = parseYaml(text ?? '', path, faults);
    if (holdsApiKey(read)) await collecting(faults, undefined, () => assertPrivate(path));
    return read;
  });
  return { kind: 'file', values, specials: {}, where: () => path };
}

/** Turns the errors of reading one source into faults, so that the other sources are checked as well. */
async function collecting<T>(faults: Fault[], otherwise: T, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    faults.push({ path: '', message: error.message });
    return otherwise;
  }
}

function parseYaml(text: string, path: string, faults: Fault[]): Values {
  const document = parseDocument(text, { prettyErrors: false, stringKeys: true, uniqueKeys: true, logLevel: 'error' });
  for (const error of [...document.errors, ...document.warnings].slice(0, 10)) {
    const line = text.slice(0, error.pos[0]).split('\n').length;
    faults.push({ path, message: `line ${line}: ${error.message}` });
  }
  if (document.errors.length > 0) return {};
  const values: unknown = document.toJS({ maxAliasCount: 100 });
  if (values === null || values === undefined) return {};
  if (isSection(values)) return withoutNulls(values);
  faults.push({ path, message: 'must be sections with keys' });
  return {};
}

/** A key with nothing behind it, as in a file whose lines are commented out, is as if it were not there. */
function withoutNulls(values: Values): Values {
  const present = Object.entries(values).filter(([, value]) => value !== null);
  return Object.fromEntries(present.map(([key, value]) => [key, isSection(value) ? withoutNulls(value) : value]));
}

function holdsApiKey({ models }: Values): boolean {
  return (
    isSection(models) && Object.values(models).some((entry) => isSection(entry) && typeof entry['apiKey'] === 'string')
  );
}

/** Sections of the contract that this version does not have. */
const LATER_SECTIONS = new Set(['queue', 'database', 'chain', 'webhooks', 'retention']);

function issueFaults(issue: z.core.$ZodIssue, layers: readonly Layer[]): Fault[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey([...path, key], layers));
  }
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return [{ path: path.join('.'), message: `${message}${shownSource(path, layers)}` }];
}

function unknownKey(path: string[], layers: readonly Layer[]): Fault {
  const later = path.length === 1 && LATER_SECTIONS.has(path[0]!);
  const reason = later
    ? 'is a section that this version does not have yet: remove it'
    : 'is no setting of pheme: correct or remove it';
  return { path: path.join('.'), message: `${reason}${shownSource(path, layers)}` };
}

/** The nearest thing around a faulty value that a source gave: an item of a list has no origin of its own. */
function shownSource(path: string[], layers: readonly Layer[]): string {
  const { source, name } = originOf(path.join('.'), layers, path);
  if (source !== 'default') return ` (${name ?? source})`;
  return path.length > 1 ? shownSource(path.slice(0, -1), layers) : '';
}

function originOf(path: string, layers: readonly Layer[], keys = path.split('.')): Origin {
  const layer = layers.findLast(
    ({ values, specials }) => Object.hasOwn(specials, path) || valueAt(values, keys) !== undefined,
  );
  if (layer === undefined) return { source: 'default' };
  const name = layer.where(path);
  return { source: layer.kind, ...(name === undefined ? {} : { name }) };
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
