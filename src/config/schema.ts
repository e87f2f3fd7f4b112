import { isIPv4, isIPv6 } from 'node:net';
import { z } from 'zod';
import { VALIDATORS_MAX } from '../protocol/limits.ts';
import { EMBEDDED_VARIANTS, variantOf } from './embedded-variants.ts';
import { chain, database, queue, retention, webhooks } from './integrations.ts';

/** The port that a node listens on for peers unless told otherwise. */
export const DEFAULT_P2P_PORT = 7435;
/** The port of the RPC unless told otherwise. */
export const DEFAULT_RPC_PORT = 7436;

const wholeNumber = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`;
  return z.int(message).min(min, message).max(max, message);
};
const share = (min: number, max: number) => {
  const message = `must be a number from ${min} to ${max}`;
  return z.number(message).min(min, message).max(max, message);
};
const TEXT_CHARS_MAX = 4096; // no name, path or address is longer
const text = z
  .string('must be text')
  .trim()
  .min(1, 'must not be empty')
  .max(TEXT_CHARS_MAX, `must have at most ${TEXT_CHARS_MAX} characters`);
const texts = (itemsMax: number) =>
  z.array(text, 'must be a list').max(itemsMax, `must have at most ${itemsMax} items`);

/** Keys that are not in the shape are faults. */
const section = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject(shape, 'must be a section with keys');

const publicKey = text.regex(/^[0-9a-f]{64}$/, 'must be a public key: 64 lower-case hex digits');

const worker = section({
  /** Tasks judged at once. */
  concurrency: wholeNumber(1, 64).default(5),
  /** Jobs after which a judging worker is replaced. */
  maxJobsPerWorker: wholeNumber(1, 1_000_000).default(100),
  /** Milliseconds for one attempt of a judgement. */
  timeout: wholeNumber(100, 3_600_000).default(30_000),
  /** Attempts in all. */
  retryLimit: wholeNumber(1, 10).default(3),
});

/** A name stands in environment variables, metrics and signed results. */
const MODEL_NAME = /^[A-Za-z][A-Za-z0-9._:/-]{0,127}$/;
const MODELS_MAX = 32; // more would never be reached by a chain of fallbacks in one budget
const modelName = text.regex(MODEL_NAME, 'must be a name of letters, digits and . _ : / -, beginning with a letter');

const model = section({
  provider: z
    .enum(['embedded', 'openai', 'custom', 'instant'], 'must be embedded, openai, custom or instant')
    .optional(),
  /** Which embedded model; the entry's own name if that is one. */
  variant: text
    .transform((name) => variantOf(name) ?? name)
    .pipe(z.enum(EMBEDDED_VARIANTS, `must be one of ${EMBEDDED_VARIANTS.join(', ')}`))
    .optional(),
  /** Of a custom model, as `pheme train` wrote it; relative to the home. `models/NAME.json` unless given. */
  file: text.optional(),
  /** Base URL of an OpenAI-compatible API. */
  endpoint: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
  apiKey: text.optional(),
  /** The model's id at the endpoint; the entry's own name unless given. */
  model: text.optional(),
  temperature: share(0, 2).default(0.7),
  maxTokens: wholeNumber(1, 1_000_000).default(2000),
  topP: share(0, 1).default(1),
  /** Models that err alike; told by the model's name unless given. */
  family: modelName.optional(),
  /** Milliseconds for one prediction with all its retries. */
  timeoutMs: wholeNumber(100, 3_600_000).optional(),
  /** Characters of a task that fit the model's context beside prompt and answer. */
  contextCharsMax: wholeNumber(1000, 100_000_000).optional(),
  /** Millionths of the operator's currency for a thousand tokens. */
  promptCostMicros: wholeNumber(0, 1_000_000_000).optional(),
  completionCostMicros: wholeNumber(0, 1_000_000_000).optional(),
  /** Log-odds that a verdict is right = slope * log-odds that the model states + offset; fitted to labelled outcomes. */
  calibration: section({ slope: share(0, 10), offset: share(-10, 10) }).optional(),
  /** Entries to ask, in order, when this one fails. */
  fallbacks: z.array(modelName, 'must be a list of model names').max(MODELS_MAX).default([]),
});

const models = z
  .record(modelName, model, {
    error: (issue) => (issue.code === 'invalid_type' ? 'must be a section of models by name' : undefined),
  })
  .refine((entries) => Object.keys(entries).length > 0, 'must name at least one model')
  .refine((entries) => Object.keys(entries).length <= MODELS_MAX, `must name at most ${MODELS_MAX} models`);

/** For tasks that ask again what is decided, for a reason; unless given they are judged like any other. */
const escalation = section({
  /** Entry of `models` that is asked first. */
  model: modelName.optional(),
  /** Milliseconds for one attempt; never beyond the network's judge budget. */
  timeout: wholeNumber(100, 3_600_000).optional(),
}).refine(
  ({ model, timeout }) => timeout === undefined || model !== undefined,
  'timeout is for the model of escalations: give model too',
);

/** Its peer is an Ed25519 key in base58, as all of a network's are. */
const TCP_ADDRESS =
  /^\/(?<kind>ip4|ip6|dns|dns4|dns6)\/(?<host>[^/%]+)\/tcp\/(?<port>0|[1-9][0-9]{0,4})(?:\/p2p\/12D3KooW[1-9A-HJ-NP-Za-km-z]{44})?\/?$/;

const address = text.refine(
  isTcpAddress,
  'must be a TCP multiaddr such as /ip4/127.0.0.1/tcp/7435 or /dns4/host/tcp/7435/p2p/12D3KooW...',
);
const addresses = (itemsMax: number) =>
  z.array(address, 'must be a list of multiaddrs').max(itemsMax, `must have at most ${itemsMax} items`);

const network = section({
  /** Multiaddrs to listen on. */
  listen: addresses(16).default([`/ip4/127.0.0.1/tcp/${DEFAULT_P2P_PORT}`]),
  /** Multiaddrs of peers to reach; one of a connected network suffices. */
  peers: addresses(4 * VALIDATORS_MAX).default([]),
  observers: section({
    max: wholeNumber(0, 1024).default(8),
    /** Anybody, or these keys; unless given: anybody on a devnet, else nobody. */
    allow: z
      .union(
        [z.literal('any'), z.array(publicKey).max(1024)],
        'must be any, or a list of public keys (64 hex digits each)',
      )
      .optional(),
  }).prefault({}),
});

const rpc = section({
  host: text.default('127.0.0.1'),
  port: wholeNumber(0, 65_535).default(DEFAULT_RPC_PORT),
  /** Names under which the RPC may be asked, besides loopback and `host`; guards against DNS rebinding. */
  allowedHosts: texts(64).default([]),
  /** File with the token that allows everything; relative to the home. */
  tokenFile: text.default('api-token'),
  /** File with tokens that allow reading only, one a line; relative to the home. */
  readTokenFile: text.optional(),
  limits: section({
    /** Open connections. */
    connections: wholeNumber(1, 65_535).default(256),
    /** Calls that wait for a result at once. */
    waits: wholeNumber(1, 65_535).default(64),
    /** Calls per second and client address; twice as many in a burst. */
    callsPerSecond: wholeNumber(1, 1_000_000).default(500),
  }).prefault({}),
});

/** What the node bears of tasks that are not decided; more are refused until some are. */
const limits = section({
  /** Milliseconds after which an undecided task is given up, from its first sight or its deadline. */
  taskTtl: wholeNumber(60_000, 31_536_000_000).default(86_400_000),
  /** Undecided tasks of one validator's clients, and their megabytes. */
  openTasksPerOrigin: wholeNumber(1, 10_000).default(4_000),
  openMegabytesPerOrigin: wholeNumber(5, 256).default(96),
});

const decimal = z.union([z.number(), z.string()], 'must be a decimal from 0 to 1');

/** The network's rules, where a node's file repeats them: they must equal genesis. */
const validation = section({
  minConfidence: decimal.optional(),
  requiredValidators: wholeNumber(1, VALIDATORS_MAX).optional(),
  consensusThreshold: decimal.optional(),
  minModelFamilies: wholeNumber(1, VALIDATORS_MAX).optional(),
});

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** Everything that a file, the environment or a flag can set. */
export const settingsSchema = section({
  worker: worker.prefault({}),
  models: models.default({ rules: embeddedModel('rules') }),
  escalation: escalation.prefault({}),
  network: network.prefault({}),
  rpc: rpc.prefault({}),
  limits: limits.prefault({}),
  validation: validation.optional(),
  queue: queue.prefault({}),
  database: database.prefault({}),
  chain: chain.prefault({}),
  webhooks,
  retention: retention.prefault({}),
  logLevel: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).default('info'),
});

/** The words of the configuration, after defaults. */
export type Settings = z.infer<typeof settingsSchema>;
export type ModelEntry = Settings['models'][string];
export type RuleSettings = NonNullable<Settings['validation']>;

/** As `@multiformats/multiaddr` takes them, without its 50 modules: every command reads the configuration. */
function isTcpAddress(value: string): boolean {
  const { kind, host = '', port } = TCP_ADDRESS.exec(value)?.groups ?? {};
  if (Number(port) > 65_535) return false;
  return kind === 'ip4' ? isIPv4(host) : kind === 'ip6' ? isIPv6(host) : kind !== undefined;
}

function embeddedModel(variant: (typeof EMBEDDED_VARIANTS)[number]) {
  return { provider: 'embedded' as const, variant, temperature: 0.7, maxTokens: 2000, topP: 1, fallbacks: [] };
}

/** The settings that a section may hold, by its dotted path; none for what is no section. */
export function knownKeys(path: readonly string[]): string[] {
  const at = path.reduce<z.ZodType | undefined>((schema, key) => inside(schema, key), settingsSchema);
  const found = bare(at);
  return found instanceof z.ZodObject ? Object.keys(found.shape) : [];
}

function inside(schema: z.ZodType | undefined, key: string): z.ZodType | undefined {
  const found = bare(schema);
  if (found instanceof z.ZodObject) return found.shape[key] as z.ZodType | undefined;
  return found instanceof z.ZodRecord ? (found.valueType as z.ZodType) : undefined;
}

/** Without what makes it optional or gives its default. */
function bare(schema: z.ZodType | undefined): z.ZodType | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return bare(schema.unwrap() as z.ZodType);
  return schema;
}
