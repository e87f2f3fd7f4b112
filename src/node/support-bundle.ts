import { open } from 'node:fs/promises';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { loadRpcTokens } from '../config/home.ts';
import type { Config, LoadedConfig } from '../config/load.ts';
import { redact } from '../config/redact.ts';
import { PROTOCOL_VERSION } from '../protocol/committee.ts';
import type { RpcClient } from '../rpc/client.ts';
import type { DoctorReport } from './doctor/doctor.ts';
import { packageVersion } from './package-version.ts';

/** Results that are listed and explained: what went wrong is mostly among the last. */
const RESULTS_MAX = 20;
/** The end of the log that a devnet keeps in a home. */
const LOG_BYTES_MAX = 64 * 1024;
const REDACTED = 'redacted';
/** Shorter texts would be found by chance all over the bundle. */
const SECRET_CHARS_MIN = 8;

export interface BundleOptions {
  /** Undefined where it cannot be loaded; the doctor's report says why. */
  loaded: LoadedConfig | undefined;
  /** The node, if it can be asked. */
  rpc: RpcClient | undefined;
  doctor: DoctorReport;
  environment: Readonly<Record<string, string | undefined>>;
  /** Add the bodies of the listed tasks, which may be private. */
  withTasks: boolean;
  signal: AbortSignal;
}

/**
 * Everything that somebody else needs to understand what is wrong with a node, as JSON text; never a secret, and no text
 * of tasks unless asked for. What cannot be had stands there as its error.
 */
export async function createSupportBundle(options: BundleOptions): Promise<string> {
  const { loaded, doctor } = options;
  const bundle = {
    createdAt: new Date().toISOString(),
    versions: { pheme: packageVersion(), protocol: PROTOCOL_VERSION, node: process.versions.node },
    machine: { platform: platform(), release: release(), arch: arch(), cores: cpus().length, memoryBytes: totalmem() },
    config:
      loaded === undefined ? null : { values: redact(loaded.config), origins: Object.fromEntries(loaded.origins) },
    doctor,
    node: options.rpc === undefined ? null : await askNode(options.rpc, options),
    log: await logTail(join(doctor.home, 'node.log')),
  };
  return without(await secretsOf(loaded?.config, options.environment), JSON.stringify(bundle, null, 1));
}

async function askNode(rpc: RpcClient, { signal, withTasks }: BundleOptions): Promise<Record<string, unknown>> {
  const asked = <T>(answer: Promise<T>) => answer.catch((error: Error) => ({ error: error.message }));
  const call = { signal };
  const page = await asked(rpc.call('pheme_listResults', { limit: RESULTS_MAX }, call));
  const taskIds = 'results' in page ? page.results.map(({ taskId }) => taskId) : [];
  const each = <T>(ask: (taskId: string) => Promise<T>) => Promise.all(taskIds.map((taskId) => asked(ask(taskId))));
  return {
    status: await asked(rpc.call('pheme_status', {}, call)),
    health: await asked(rpc.call('pheme_health', {}, call)),
    peers: await asked(rpc.call('pheme_peers', {}, call)),
    validators: await asked(rpc.call('pheme_validators', {}, call)),
    metrics: await asked(rpc.call('pheme_metrics', {}, call)),
    prometheus: await asked(fetch(new URL('/metrics', rpc.url), call).then((response) => response.text())),
    results: page,
    explanations: await each((taskId) => rpc.call('pheme_explain', { taskId }, call)),
    ...(withTasks ? { tasks: await each((taskId) => rpc.call('pheme_getTask', { taskId }, call)) } : {}),
  };
}

async function logTail(path: string): Promise<string[]> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return [];
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LOG_BYTES_MAX), 0, LOG_BYTES_MAX, Math.max(0, size - LOG_BYTES_MAX)); // biome-ignore format: one call
    return buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n');
  } finally {
    await file.close();
  }
}

/** Every secret that this home knows: should one have found its way into a log or an answer, it goes no further. */
async function secretsOf(config: Config | undefined, environment: BundleOptions['environment']): Promise<string[]> {
  const tokens = config === undefined ? undefined : await loadRpcTokens(config).catch(() => undefined);
  const urls = ['REDIS_URL', 'DATABASE_URL'].map((name) => URL.parse(environment[name] ?? '')?.password);
  const secrets = [
    ...(tokens?.write ?? []),
    ...(tokens?.read ?? []),
    config?.rpcToken,
    config?.validatorKey,
    ...Object.values(config?.models ?? {}).map(({ apiKey }) => apiKey),
    ...['OPENAI_API_KEY', 'VALIDATOR_KEY', 'PHEME_RPC_TOKEN', 'PHEME_PASSPHRASE'].map((name) => environment[name]),
    ...urls,
  ];
  return secrets.filter((secret): secret is string => secret !== undefined && secret.length >= SECRET_CHARS_MIN);
}

function without(secrets: readonly string[], text: string): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(JSON.stringify(secret).slice(1, -1), REDACTED), text);
}
