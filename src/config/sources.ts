import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { type Fault, ValidationError } from '../protocol/errors.ts';
import { environmentLayer, SECRET_VARIABLES } from './environment.ts';
import { assertPrivate, readSmallFile } from './files.ts';
import { homePaths } from './home-paths.ts';
import { isSection, type Layer, nested, type Values } from './layer.ts';

/** Flags that were given explicitly; an undefined one was not. */
interface Flags {
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

/** What every source says, lowest precedence first. Faults of one source do not hide those of the others. */
export async function readLayers(
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
  const lineCounter = new LineCounter();
  let document: Document | undefined;
  const values = await collecting(faults, {}, async () => {
    const text = await readSmallFile(path);
    if (text === undefined && required)
      throw new ValidationError(`there is no configuration file at ${path}`, 'INVALID_CONFIG');
    document = parseYaml(text ?? '', lineCounter);
    const read = valuesOf(document, text ?? '', path, faults);
    if (holdsSecret(read)) await collecting(faults, undefined, () => assertPrivate(path));
    return read;
  });
  const line = (keys: readonly string[]) => lineOf(document, keys, lineCounter);
  return { kind: 'file', values, specials: {}, where: () => path, line };
}

/** The line where a value begins; that of its key would be the same for all that people write on one line. */
function lineOf(document: Document | undefined, keys: readonly string[], lines: LineCounter): number | undefined {
  const node = document?.getIn(keys, true);
  return isNode(node) && node.range ? lines.linePos(node.range[0]).line : undefined;
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

function parseYaml(text: string, lineCounter: LineCounter): Document {
  return parseDocument(text, {
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: true,
    logLevel: 'error',
    lineCounter,
  });
}

function valuesOf(document: Document, text: string, path: string, faults: Fault[]): Values {
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

function holdsSecret({ models, chain }: Values): boolean {
  if (isSection(chain) && typeof chain['key'] === 'string') return true;
  return (
    isSection(models) && Object.values(models).some((entry) => isSection(entry) && typeof entry['apiKey'] === 'string')
  );
}
