import { mkdir } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { indexOfKey } from '../protocol/committee.ts';
import { committeesOf, type EpochChange } from '../protocol/epoch-change.ts';
import { type Fault, invalidInput } from '../protocol/errors.ts';
import {
  DEFAULT_TIMERS,
  DEVNET_TIMERS,
  GENESIS_FORMAT,
  type Genesis,
  genesisToJson,
  type NetworkKind,
  parseGenesis,
} from '../protocol/genesis.ts';
import { VALIDATORS_MAX } from '../protocol/limits.ts';
import { EMBEDDED_VARIANTS, type EmbeddedVariant } from './embedded-variants.ts';
import { writeFileAtomic } from './files.ts';
import { assertVacant, writeHome } from './home.ts';
import { generateKey, peerIdOf } from './key.ts';
import { DEFAULT_P2P_PORT, DEFAULT_RPC_PORT, type RuleSettings } from './schema.ts';

/** Rules of a new network, as in genesis' `validation`; what is left out takes the documented default. */
interface NewNetwork {
  kind: NetworkKind;
  /** 1 to 64 characters; the kind unless given. */
  name?: string;
  rules?: RuleSettings;
}

/** @throws ValidationError INVALID_GENESIS */
export function createGenesis(publicKeys: readonly string[], { kind, name = kind, rules = {} }: NewNetwork): Genesis {
  return parseGenesis({
    format: GENESIS_FORMAT,
    name,
    kind,
    createdAt: Math.floor(Date.now() / 1000),
    validators: publicKeys.map((publicKey) => ({ publicKey, weight: 1 })),
    validation: {
      minConfidence: rules.minConfidence ?? '0.8',
      requiredValidators: rules.requiredValidators ?? Math.min(2, publicKeys.length),
      consensusThreshold: rules.consensusThreshold ?? '0.7',
      minModelFamilies: rules.minModelFamilies ?? 1,
    },
    timers: kind === 'devnet' ? DEVNET_TIMERS : DEFAULT_TIMERS,
  });
}

/** Where one validator of a new network will run. */
export interface Place {
  /** IP address or DNS name under which its peers reach it. */
  host: string;
  /** Address that it listens on for peers. */
  listenHost: string;
  p2pPort: number;
  rpcHost: string;
  rpcPort: number;
}

/** Places on this machine: validator i has ports `basePort + 2i` for peers and `basePort + 2i + 1` for RPC. */
export function loopbackPlaces(count: number, basePort = DEFAULT_P2P_PORT): Place[] {
  const host = '127.0.0.1';
  return Array.from({ length: count }, (_, index) => {
    return { host, listenHost: host, p2pPort: basePort + 2 * index, rpcHost: host, rpcPort: basePort + 2 * index + 1 };
  });
}

/** One place a host or container, on the default ports; the RPC stays on loopback unless the node's own setting opens it. */
export function hostPlaces(hosts: readonly string[]): Place[] {
  return hosts.map((host) => {
    const listenHost = isIP(host) === 6 ? '::' : '0.0.0.0';
    return { host, listenHost, p2pPort: DEFAULT_P2P_PORT, rpcHost: '127.0.0.1', rpcPort: DEFAULT_RPC_PORT };
  });
}

export interface NewTestnet extends NewNetwork {
  /** Gets `genesis.json` and one home a validator: `validator-0`, `validator-1`, ... */
  directory: string;
  places: readonly Place[];
  /** One a validator, in turn; the embedded models unless given, so that no two of four judge alike. */
  variants?: readonly EmbeddedVariant[];
}

export interface TestnetValidator extends Place {
  index: number;
  /** Hex. */
  publicKey: string;
  peerId: string;
  home: string;
  /** URL of its RPC on its own host. */
  rpc: string;
  /** Multiaddr with its peer id. */
  p2p: string;
}

export interface Testnet {
  genesis: Genesis;
  genesisPath: string;
  validators: TestnetValidator[];
}

/**
 * Makes genesis and homes for a whole network.
 * @throws ValidationError INVALID_GENESIS, INVALID_CONFIG (ports, number of validators), HOME_EXISTS
 */
export async function createTestnet(options: NewTestnet): Promise<Testnet> {
  const { places, variants = EMBEDDED_VARIANTS } = options;
  assertPlaces(places);
  const directory = resolve(options.directory);
  const keys = places.map(() => generateKey());
  const genesis = createGenesis(
    keys.map(({ publicKey }) => publicKey),
    options,
  );
  const validators = await Promise.all(places.map((place, index) => describe(directory, place, index, keys[index]!)));
  for (const { home } of validators) await assertVacant(home);
  for (const { home, index, p2p: own } of validators) {
    const peers = validators.map(({ p2p }) => p2p).filter((p2p) => p2p !== own);
    const configText = validatorYaml(places[index]!, peers, variants[index % variants.length]!);
    await writeHome({ home, genesis, key: keys[index]!, configText });
  }
  const genesisPath = join(directory, 'genesis.json');
  await writeFileAtomic(genesisPath, `${JSON.stringify(genesisToJson(genesis), null, 2)}\n`);
  return { genesis, genesisPath, validators };
}

async function describe(
  directory: string,
  place: Place,
  index: number,
  key: { publicKey: string; seed: Uint8Array },
): Promise<TestnetValidator> {
  const peerId = await peerIdOf(key.publicKey);
  const home = join(directory, `validator-${index}`);
  const rpc = `http://${place.rpcHost.includes(':') ? `[${place.rpcHost}]` : place.rpcHost}:${place.rpcPort}`;
  return {
    ...place,
    index,
    publicKey: key.publicKey,
    peerId,
    home,
    rpc,
    p2p: `${tcpAddress(place.host, place.p2pPort)}/p2p/${peerId}`,
  };
}

function tcpAddress(host: string, port: number): string {
  const version = isIP(host);
  return `/${version === 0 ? 'dns' : `ip${version}`}/${host}/tcp/${port}`;
}

const HOST = /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;

function assertPlaces(places: readonly Place[]): void {
  const faults: Fault[] = [];
  if (places.length < 1 || places.length > VALIDATORS_MAX) {
    faults.push({ path: 'validators', message: `must be from 1 to ${VALIDATORS_MAX}, got ${places.length}` });
  }
  places.forEach(({ host, p2pPort, rpcPort }, index) => {
    if (isIP(host) === 0 && !HOST.test(host)) {
      faults.push({ path: `validators.${index}.host`, message: 'must be an IP address or a host name' });
    }
    if (![p2pPort, rpcPort].every((port) => Number.isInteger(port) && port >= 1 && port <= 65_535)) {
      faults.push({
        path: `validators.${index}`,
        message: `has ports ${p2pPort} and ${rpcPort}, but ports go from 1 to 65535: choose a lower base port`,
      });
    }
  });
  if (faults.length > 0) throw invalidInput('not a valid network', faults.slice(0, 10), 'INVALID_CONFIG');
}

export interface NewNode {
  home: string;
  /** The network to join; a new one of this node alone unless given. */
  genesis?: Genesis;
  /** The network's changes since its genesis, from epoch 1. */
  changes?: readonly EpochChange[];
  name?: string;
  variant?: EmbeddedVariant;
  p2pPort?: number;
  rpcPort?: number;
  peers?: readonly string[];
}

export interface InitialisedNode {
  home: string;
  publicKey: string;
  peerId: string;
  genesis: Genesis;
  /** The newest epoch; 0 is the genesis's. */
  epoch: number;
  /** Position among the validators of that epoch, or null: the node can only observe. */
  validatorIndex: number | null;
}

/**
 * Makes one home. Without a genesis it gets one of its own, with requiredValidators 1: notarisation by a single node.
 * @throws ValidationError HOME_EXISTS, INVALID_CONFIG; INVALID_EPOCH, EPOCH_UNSIGNED if the changes do not follow the genesis
 */
export async function initHome(options: NewNode): Promise<InitialisedNode> {
  const {
    p2pPort = DEFAULT_P2P_PORT,
    rpcPort = DEFAULT_RPC_PORT,
    peers = [],
    variant = EMBEDDED_VARIANTS[0],
    changes = [],
  } = options;
  const [place] = loopbackPlaces(1) as [Place];
  const here = { ...place, p2pPort, rpcPort };
  assertPlaces([here]);
  const home = resolve(options.home);
  const key = generateKey();
  const genesis = options.genesis ?? createGenesis([key.publicKey], { kind: 'devnet', name: options.name ?? 'single' });
  const newest = committeesOf(genesis, changes).at(-1)!;
  await mkdir(home, { recursive: true, mode: 0o700 });
  await writeHome({ home, genesis, changes, key, configText: validatorYaml(here, peers, variant) });
  return {
    home,
    publicKey: key.publicKey,
    peerId: await peerIdOf(key.publicKey),
    genesis,
    epoch: newest.epoch,
    validatorIndex: indexOfKey(newest, key.publicKey) ?? null,
  };
}

const VALIDATOR_YAML_HEAD = `# A node's own settings; the network's rules stand in genesis.json.
# Every setting can also be given as an environment variable: rpc.port is PHEME_RPC_PORT.
`;

function validatorYaml(place: Place, peers: readonly string[], variant: EmbeddedVariant): string {
  const settings = {
    models: { [variant]: { provider: 'embedded', variant } },
    network: { listen: [tcpAddress(place.listenHost, place.p2pPort)], peers },
    rpc: { host: place.rpcHost, port: place.rpcPort },
  };
  return VALIDATOR_YAML_HEAD + stringify(settings, { lineWidth: 0 });
}
