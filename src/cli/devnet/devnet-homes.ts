import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { loadGenesis } from '../../config/home.ts';
import { homePaths } from '../../config/home-paths.ts';
import { describeKey, peerIdOf } from '../../config/key.ts';
import { loadConfig } from '../../config/load.ts';
import { createTestnet, loopbackPlaces } from '../../config/testnet.ts';
import { createCommittee } from '../../protocol/committee.ts';
import { ValidationError } from '../../protocol/errors.ts';

/** One validator of a devnet, as `devnet.json` lists it (there with its `pid`). */
export interface DevnetValidator {
  index: number;
  /** Hex. */
  publicKey: string;
  home: string;
  /** URL. */
  rpc: string;
  /** Multiaddr with the peer id. */
  p2p: string;
}

export interface DevnetHomes {
  networkId: string;
  /** Path of the genesis file. */
  genesis: string;
  validators: DevnetValidator[];
}

export interface DevnetPlan {
  directory: string;
  /** Number of validators; 4 for a new devnet unless given. */
  count?: number | undefined;
  /** First port; {@link loopbackPlaces} unless given. */
  basePort?: number | undefined;
}

const DEFAULT_COUNT = 4; // the smallest network that bears a fault

/** The homes of a devnet: those that the folder holds, else new ones. @throws ValidationError */
export async function devnetHomes(plan: DevnetPlan): Promise<DevnetHomes> {
  const genesisPath = join(plan.directory, 'genesis.json');
  return (await exists(genesisPath)) ? existingHomes(plan, genesisPath) : newHomes(plan);
}

async function newHomes({ directory, count = DEFAULT_COUNT, basePort }: DevnetPlan): Promise<DevnetHomes> {
  const places = loopbackPlaces(count, basePort);
  const { genesis, genesisPath, validators } = await createTestnet({ directory, places, kind: 'devnet' });
  const listed = validators.map(({ index, publicKey, home, rpc, p2p }) => ({ index, publicKey, home, rpc, p2p }));
  return { networkId: createCommittee(genesis).networkId, genesis: genesisPath, validators: listed };
}

async function existingHomes({ directory, count, basePort }: DevnetPlan, genesisPath: string): Promise<DevnetHomes> {
  const genesis = await loadGenesis(genesisPath);
  const members = genesis.validators.length;
  if (count !== undefined && count !== members) {
    throw mismatch(directory, `it has ${members} validators, not ${count}`);
  }
  const validators = await Promise.all(genesis.validators.map((_, index) => existingHome(directory, index)));
  const first = basePort === undefined ? undefined : `http://127.0.0.1:${loopbackPlaces(1, basePort)[0]!.rpcPort}`;
  if (first !== undefined && validators[0]!.rpc !== first) {
    throw mismatch(directory, `its first RPC is ${validators[0]!.rpc}, not ${first}`);
  }
  return { networkId: createCommittee(genesis).networkId, genesis: genesisPath, validators };
}

async function existingHome(directory: string, index: number): Promise<DevnetValidator> {
  const home = join(directory, `validator-${index}`);
  const { config } = await loadConfig({ home, environment: {} });
  const { publicKey } = await describeKey({ home });
  const listen = config.network.listen[0];
  if (listen === undefined) throw mismatch(directory, `${homePaths(home).config} listens nowhere`);
  const rpc = `http://${config.rpc.host}:${config.rpc.port}`;
  return { index, publicKey, home, rpc, p2p: `${listen}/p2p/${await peerIdOf(publicKey)}` };
}

function mismatch(directory: string, reason: string): ValidationError {
  return new ValidationError(
    `${directory} holds a devnet already, and ${reason}: choose another --home, or leave the flag out`,
    'HOME_EXISTS',
    { directory },
  );
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
