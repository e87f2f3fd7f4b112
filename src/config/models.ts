import type { Fault } from '../protocol/errors.ts';
import { EMBEDDED_VARIANTS, type EmbeddedVariant, variantOf } from './embedded-variants.ts';
import type { Origin, Specials } from './layer.ts';
import type { ModelEntry } from './schema.ts';

/** How to reach one model; ready for the model manager. */
export interface ModelSettings {
  provider: 'embedded' | 'openai' | 'custom' | 'instant';
  /** Set exactly for embedded models. */
  variant?: EmbeddedVariant;
  /** Set exactly for custom models; relative to the home. */
  file?: string;
  /** Base URL; OpenAI's own unless set. */
  endpoint?: string;
  apiKey?: string;
  /** The model's id at the endpoint; set exactly for provider openai. */
  model?: string;
  /** Models that err alike. */
  family?: string;
  timeoutMs?: number;
  contextCharsMax?: number;
  promptCostMicros?: number;
  completionCostMicros?: number;
  calibration?: { slope: number; offset: number };
  temperature: number;
  maxTokens: number;
  topP: number;
  /** Names of entries to ask, in order, when this one fails. */
  fallbacks: readonly string[];
}

export interface ResolvedModels {
  /** The preferred model first. */
  models: Record<string, ModelSettings>;
  /** Origins of what did not stand in the section itself, by dotted path. */
  origins: Map<string, Origin>;
  warnings: string[];
}

/** Where OPENAI_API_KEY belongs unless MODEL_ENDPOINT says otherwise. */
const OPENAI_ORIGIN = 'https://api.openai.com';

type Where = (special: keyof Specials) => Origin;

/** Completes the entries of `models` with DEFAULT_MODEL, MODEL_ENDPOINT and OPENAI_API_KEY. */
export function resolveModels(
  entries: Record<string, ModelEntry>,
  specials: Specials,
  where: Where,
  faults: Fault[],
): ResolvedModels {
  const resolved: ResolvedModels = { models: {}, origins: new Map(), warnings: [] };
  const endpointFault = endpointFaultOf(specials.modelEndpoint);
  if (endpointFault !== undefined) faults.push({ path: 'MODEL_ENDPOINT', message: endpointFault });
  for (const [name, entry] of preferredFirst(entries, specials, where, resolved)) {
    faults.push(...entryFaults(name, entry, entries));
    resolved.models[name] = complete(name, entry, endpointFault === undefined ? specials : {}, where, resolved.origins);
  }
  return resolved;
}

function preferredFirst(
  entries: Record<string, ModelEntry>,
  specials: Specials,
  where: Where,
  resolved: ResolvedModels,
): [string, ModelEntry][] {
  const listed = Object.entries(entries);
  const wanted = specials.defaultModel;
  if (wanted === undefined) return listed;
  const found =
    listed.find(([name, entry]) => name === wanted || entry.model === wanted) ??
    listed.find(([name]) => plain(name) === plain(wanted));
  if (found === undefined) return [...unlisted(wanted, specials, where, resolved), ...listed];
  const [name, entry] = found;
  const first: [string, ModelEntry] = [
    name,
    isOwn(name, entry) || name === wanted ? entry : { ...entry, model: wanted },
  ];
  return [first, ...listed.filter(([other]) => other !== name)];
}

/** `gpt4` is how people name `gpt-4`. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** A DEFAULT_MODEL that no entry describes: an embedded one, or one of the endpoint if there is access to it. */
function unlisted(wanted: string, specials: Specials, where: Where, resolved: ResolvedModels): [string, ModelEntry][] {
  const embedded = variantOf(wanted) !== undefined;
  if (!embedded && specials.openaiApiKey === undefined && specials.modelEndpoint === undefined) {
    resolved.warnings.push(
      `DEFAULT_MODEL ${wanted} is not used: it is not among models, and neither OPENAI_API_KEY nor MODEL_ENDPOINT is set`,
    );
    return [];
  }
  resolved.origins.set(`models.${wanted}.model`, where('defaultModel'));
  return [[wanted, { temperature: 0.7, maxTokens: 2000, topP: 1, fallbacks: [] }]];
}

function isEmbedded(name: string, { provider, variant }: ModelEntry): boolean {
  return provider === undefined ? (variant ?? variantOf(name)) !== undefined : provider === 'embedded';
}

/** A model of the package or of the operator's own, which needs no endpoint. */
function isOwn(name: string, entry: ModelEntry): boolean {
  return entry.provider === 'custom' || entry.provider === 'instant' || isEmbedded(name, entry);
}

/** Keys of an entry that mean something to an endpoint only. */
const OPENAI_KEYS = [
  'endpoint',
  'apiKey',
  'model',
  'family',
  'timeoutMs',
  'contextCharsMax',
  'promptCostMicros',
  'completionCostMicros',
  'calibration',
] as const;

function complete(
  name: string,
  entry: ModelEntry,
  specials: Specials,
  where: Where,
  origins: Map<string, Origin>,
): ModelSettings {
  const {
    provider: _provider,
    variant = variantOf(name),
    file,
    temperature,
    maxTokens,
    topP,
    fallbacks,
    ...ofEndpoint
  } = entry;
  const common = { temperature, maxTokens, topP, fallbacks };
  if (entry.provider === 'custom') return { provider: 'custom', file: file ?? `models/${name}.json`, ...common };
  if (entry.provider === 'instant') return { provider: 'instant', ...common };
  if (isEmbedded(name, entry))
    return { provider: 'embedded', ...(variant === undefined ? {} : { variant }), ...common };
  const endpoint = entry.endpoint ?? specials.modelEndpoint;
  const apiKey = entry.apiKey ?? keyFor(endpoint, specials);
  if (entry.endpoint === undefined && endpoint !== undefined)
    origins.set(`models.${name}.endpoint`, where('modelEndpoint'));
  if (entry.apiKey === undefined && apiKey !== undefined) origins.set(`models.${name}.apiKey`, where('openaiApiKey'));
  const given = Object.entries({ ...ofEndpoint, endpoint, apiKey }).filter(([, value]) => value !== undefined);
  return { provider: 'openai', model: name, ...Object.fromEntries(given), ...common };
}

/** The key goes to the server that it was given for, never to another one that the file names. */
function keyFor(endpoint: string | undefined, { openaiApiKey, modelEndpoint }: Specials): string | undefined {
  const home = new URL(modelEndpoint ?? OPENAI_ORIGIN).origin;
  return new URL(endpoint ?? OPENAI_ORIGIN).origin === home ? openaiApiKey : undefined;
}

function endpointFaultOf(endpoint: string | undefined): string | undefined {
  if (endpoint === undefined) return undefined;
  const protocol = URL.parse(endpoint)?.protocol;
  return protocol === 'http:' || protocol === 'https:'
    ? undefined
    : 'must be an http or https URL, e.g. http://127.0.0.1:11434/v1';
}

function entryFaults(name: string, entry: ModelEntry, entries: Record<string, ModelEntry>): Fault[] {
  const path = `models.${name}`;
  const faults = entry.fallbacks
    .filter((fallback) => fallback === name || !Object.hasOwn(entries, fallback))
    .map((fallback) => ({
      path: `${path}.fallbacks`,
      message: `names ${fallback}, which is no other entry of models: list it there`,
    }));
  if (entry.file !== undefined && entry.provider !== 'custom')
    faults.push({ path: `${path}.file`, message: 'is for provider custom only: remove it or the provider' });
  if (entry.variant !== undefined && !isEmbedded(name, entry))
    faults.push({ path: `${path}.variant`, message: 'is for provider embedded only: remove it or the provider' });
  if (!isOwn(name, entry)) return faults;
  if (isEmbedded(name, entry) && (entry.variant ?? variantOf(name)) === undefined) {
    faults.push({ path: `${path}.variant`, message: `is missing: give one of ${EMBEDDED_VARIANTS.join(', ')}` });
  }
  const foreign = OPENAI_KEYS.filter((key) => entry[key] !== undefined);
  return [
    ...faults,
    ...foreign.map((key) => ({
      path: `${path}.${key}`,
      message: `is for provider openai only: remove it or the ${isEmbedded(name, entry) ? 'variant' : 'provider'}`,
    })),
  ];
}

/** Why the preferred model, or a fallback, could not be asked; none if all can. */
export function modelAccessFaults(models: Readonly<Record<string, ModelSettings>>): Fault[] {
  return Object.entries(models)
    .filter(
      ([, { provider, endpoint, apiKey }]) => provider === 'openai' && endpoint === undefined && apiKey === undefined,
    )
    .map(([name]) => ({
      path: `models.${name}`,
      message: 'has no access: set OPENAI_API_KEY or an endpoint, or list an embedded model instead',
    }));
}
