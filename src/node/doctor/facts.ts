import { loadEpochs } from '../../config/epochs.ts';
import { loadGenesis } from '../../config/home.ts';
import { type HomePaths, homePaths } from '../../config/home-paths.ts';
import { describeKey } from '../../config/key.ts';
import type { KeyFacts, PassphraseSource } from '../../config/key-file.ts';
import { type Config, homeOf, loadConfig } from '../../config/load.ts';
import type { LoadOptions } from '../../config/sources.ts';
import type { EpochChange } from '../../protocol/epoch-change.ts';
import type { Genesis } from '../../protocol/genesis.ts';
import type { NodeStatus } from '../../rpc/api.ts';
import { createRpcClient, type RpcClient } from '../../rpc/client.ts';
import { connectRpc, ownRpcUrl } from '../client.ts';

/** A node on this machine answers in milliseconds; a busy one in a second. */
const STATUS_TIMEOUT_MS = 3000;

export interface DoctorOptions {
  /** Where configuration comes from; `home` is the one that is examined. */
  load: LoadOptions;
  /** True: nothing outside this machine is asked. */
  offline: boolean;
  /** Without it, what takes the secret half of an encrypted key is left out. */
  passphrase?: PassphraseSource | undefined;
  signal: AbortSignal;
  /** Told what is being examined. */
  onProgress?: (text: string) => void;
  /** Told, before it is asked, what a question costs. */
  onCost?: (text: string) => void;
}

/** What all checks go by: read once, each part or the reason why it cannot be read. */
export interface Facts extends DoctorOptions {
  home: string;
  paths: HomePaths;
  config: Read<{ config: Config; warnings: readonly string[] }>;
  genesis: Read<Genesis>;
  /** The network's changes since; none where the genesis cannot be read. */
  epochs: Read<EpochChange[]>;
  /** Validators and rules of the newest epoch that can be read. */
  newest: Genesis | undefined;
  key: Read<KeyFacts>;
  /** Of the home's own node, if it runs. */
  running: { status: NodeStatus; rpc: RpcClient } | undefined;
}

export type Read<T> = { value: T; error?: undefined } | { value?: undefined; error: unknown };

export async function gatherFacts(options: DoctorOptions): Promise<Facts> {
  const home = homeOf(options.load.home, options.load.environment);
  const paths = homePaths(home);
  const config = await read(() => loadConfig(options.load));
  const genesis = await read(() => loadGenesis(paths.genesis));
  const epochs = await read(async () => (genesis.value === undefined ? [] : loadEpochs(home, genesis.value)));
  const newest = epochs.value?.at(-1)?.genesis ?? genesis.value;
  const key = await read(() => describeKey({ home, validatorKey: config.value?.config.validatorKey }));
  const running = config.value === undefined ? undefined : await runningNode(config.value.config, key.value);
  return { ...options, home, paths, config, genesis, epochs, newest, key, running };
}

async function read<T>(load: () => Promise<T>): Promise<Read<T>> {
  try {
    return { value: await load() };
  } catch (error) {
    return { error };
  }
}

/** The node that answers at this home's RPC address with this home's key. */
async function runningNode(config: Config, key: KeyFacts | undefined): Promise<Facts['running']> {
  const { validatorEndpoint: _other, ...own } = config;
  const rpc = await connectRpc(own).catch(() => createRpcClient({ url: ownRpcUrl(config) }));
  const status = await rpc.call('pheme_status', {}, { timeoutMs: STATUS_TIMEOUT_MS }).catch(() => undefined);
  return status === undefined || (key !== undefined && status.publicKey !== key.publicKey)
    ? undefined
    : { status, rpc };
}
