import { access } from 'node:fs/promises';
import { EMBEDDED_VARIANTS } from '../config/embedded-variants.ts';
import { loadGenesis } from '../config/home.ts';
import { homePaths } from '../config/home-paths.ts';
import { homeOf, type LoadedConfig, loadConfig } from '../config/load.ts';
import { connectRpc, createVerifyingClient, type VerifyingClient } from '../node/client.ts';
import { ValidationError } from '../protocol/errors.ts';
import type { Genesis } from '../protocol/genesis.ts';
import type { RpcClient } from '../rpc/client.ts';
import { type Io, Output } from './io.ts';

/** Flags that every command takes. */
export interface GlobalOptions {
  home?: string;
  rpc?: string;
  tokenFile?: string;
  json?: boolean;
  logLevel?: string;
}

/** One run of one command: where it prints, and what its home and flags say, read when first asked for. */
export class Session {
  readonly io: Io;
  readonly out: Output;
  readonly options: GlobalOptions;
  #loaded: Promise<LoadedConfig> | undefined;

  constructor(io: Io, options: GlobalOptions) {
    this.io = io;
    this.options = options;
    this.out = new Output(io, options.json === true);
  }

  /** Absolute path. */
  get home(): string {
    return homeOf(this.options.home, this.io.env);
  }

  /**
   * @param model a command's `--model`
   * @param peers a command's `--peer`s, in place of those in the configuration
   * @param settings other flags of a command, by the path of their setting
   * @throws ValidationError INVALID_CONFIG
   */
  loadConfig({
    model,
    peers,
    settings,
  }: {
    model?: string | undefined;
    peers?: string[] | undefined;
    settings?: Record<string, unknown>;
  } = {}): Promise<LoadedConfig> {
    const { rpc: rpcUrl, logLevel } = this.options;
    const flags = { rpcUrl, model, settings: { logLevel, 'network.peers': peers, ...settings } };
    this.#loaded ??= loadWithModel({ home: this.options.home, flags, environment: this.io.env }, model);
    return this.#loaded;
  }

  /** The node that client commands ask. @throws ValidationError INVALID_CONFIG, INVALID_URL */
  async rpc(): Promise<RpcClient> {
    const { config } = await this.loadConfig();
    return connectRpc(config, this.options.tokenFile);
  }

  /** The same, taking the node's word for nothing. @throws ValidationError NO_GENESIS too */
  async verifyingClient(network: string | undefined): Promise<VerifyingClient> {
    const genesis = await this.pinnedGenesis(network);
    return createVerifyingClient(await this.rpc(), genesis);
  }

  /**
   * The genesis that results are verified against: `--network`, else the home's.
   * @throws ValidationError NO_GENESIS, INVALID_GENESIS
   */
  async pinnedGenesis(network: string | undefined): Promise<Genesis> {
    if (network !== undefined) return loadGenesis(network);
    return loadGenesis(homePaths(this.home).genesis).catch((error: unknown) => {
      if (!(error instanceof ValidationError) || error.code !== 'NO_GENESIS') throw error;
      const remedy = 'give the genesis.json of its network with --network FILE, or --home with one';
      throw new ValidationError(
        `a node is not trusted, and there is no genesis to verify its results against: ${remedy}`,
        'NO_GENESIS',
      );
    });
  }

  /** True if the home pins a network. */
  async hasGenesis(): Promise<boolean> {
    return access(homePaths(this.home).genesis).then(
      () => true,
      () => false,
    );
  }
}

/** A model that was named is the one that is asked, or nothing is. */
export async function loadWithModel(
  options: Parameters<typeof loadConfig>[0],
  model: string | undefined,
): Promise<LoadedConfig> {
  const loaded = await loadConfig(options);
  const { models, defaultModel } = loaded.config;
  const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (model === undefined || plain(defaultModel) === plain(model) || models[defaultModel]?.model === model)
    return loaded;
  const known = [...new Set([...Object.keys(models), ...EMBEDDED_VARIANTS])].join(', ');
  const remedy = `give one of ${known}, or set OPENAI_API_KEY or MODEL_ENDPOINT for another`;
  throw new ValidationError(`there is no model ${model}: ${remedy}`, 'INVALID_CONFIG', { path: 'models' });
}
