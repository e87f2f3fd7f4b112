import { connect } from 'node:net';
import { multiaddr } from '@multiformats/multiaddr';
import { loadKey, peerIdOf } from '../../config/key.ts';
import type { Config } from '../../config/load.ts';
import type { Genesis } from '../../protocol/genesis.ts';
import type { PeerView } from '../../rpc/api.ts';
import { packageVersion } from '../package-version.ts';
import type { Facts } from './facts.ts';
import { type Finding, failure, ok, warning } from './finding.ts';
import { createPeerProbe, type PeerProbe } from './peer-probe.ts';

const CONNECT_TIMEOUT_MS = 3000;
/** Peers that are dialled; a network of hundreds would be asked for minutes. */
const PEERS_MAX = 32;

/** The configured peers: by the node if it runs, else dialled with its key. */
export async function checkPeers(facts: Facts): Promise<Finding[]> {
  const { config, newest, offline, running } = facts;
  if (config.value === undefined) return [];
  const addresses = await othersAmong(facts, config.value.config);
  if (addresses.length === 0) return alone(newest);
  if (offline) return [];
  const connected =
    running === undefined
      ? []
      : (await running.rpc.call('pheme_peers', {}).catch(() => [])).filter((peer) => peer.connected);
  const probe = running === undefined ? await probeOf(facts) : undefined;
  try {
    const findings: Finding[] = [];
    for (const address of addresses.slice(0, PEERS_MAX))
      findings.push(await checkPeer(facts, address, connected, probe));
    return findings;
  } finally {
    await probe?.stop();
  }
}

/** The configured addresses without the node's own. */
async function othersAmong({ key }: Facts, config: Config): Promise<string[]> {
  const own = key.value === undefined ? undefined : await peerIdOf(key.value.publicKey);
  return config.network.peers.filter((address) => own === undefined || !address.endsWith(`/p2p/${own}`));
}

function alone(genesis: Genesis | undefined): Finding[] {
  if (genesis === undefined || genesis.validators.length < 2) return [];
  const remedy = 'set network.peers to the address of at least one validator, or wait for the others to dial this node';
  return [warning('peers', 'no peer is configured, and the network has others', remedy)];
}

/** Without the seed, which takes the passphrase of an encrypted key, a handshake would be refused. */
async function probeOf({ home, config, key, passphrase, newest }: Facts): Promise<PeerProbe | undefined> {
  if (key.value === undefined || newest === undefined) return undefined;
  if (key.value.encrypted && passphrase === undefined) return undefined;
  const { validatorKey } = config.value!.config;
  const { seed } = await loadKey({ home, validatorKey }, passphrase);
  return createPeerProbe(seed, packageVersion());
}

async function checkPeer(
  { newest, running, signal }: Facts,
  address: string,
  connected: readonly PeerView[],
  probe: PeerProbe | undefined,
): Promise<Finding> {
  const check = `peer ${address}`;
  const { host, port, peerId } = partsOf(address);
  const known = await findConnected(connected, peerId, host, port);
  if (known !== undefined)
    return versionFinding(
      check,
      known.agent,
      `connected${known.latencyMs === null ? '' : `, ${known.latencyMs.toFixed(1)} ms`}`,
    );
  const fault = await connectFault(host, port, signal);
  if (fault !== undefined) {
    const remedy = `is it running, and is port ${port} open in its firewall? If it moved, correct network.peers`;
    return failure(check, `cannot be connected (${fault})`, remedy);
  }
  if (probe === undefined) return answering(check, running !== undefined);
  try {
    const peer = await probe.dial(address, signal);
    if (newest?.validators.some(({ publicKey }) => publicKey === peer.publicKey))
      return versionFinding(check, peer.agent ?? null, `handshake in ${peer.handshakeMs.toFixed(0)} ms`);
    const remedy = 'its key is in no genesis or newest epoch of this network: correct network.peers';
    return failure(check, `is no validator of this network (${peer.publicKey.slice(0, 16)}...)`, remedy);
  } catch (error) {
    signal.throwIfAborted();
    return failure(check, `answers, but not as a peer (${(error as Error).message})`, handshakeRemedy(error));
  }
}

function answering(check: string, runs: boolean): Finding {
  if (!runs) return ok(check, 'takes connections; no handshake was tried, since the key is not open');
  return warning(
    check,
    'takes connections, but this node is not connected to it',
    'see pheme peers, and the logs of both',
  );
}

function handshakeRemedy(error: unknown): string {
  if (/does not match expected/.test((error as Error).message))
    return 'another node has this address now: correct the peer id or the address in network.peers';
  return "is it a validator of the same network, and is this node's key in its genesis or its newest epoch? Another program may have the port";
}

function versionFinding(check: string, agent: string | null, found: string): Finding {
  const text = `${found}, runs ${agent ?? 'an unknown version'}`;
  const theirs = /^pheme\/(\d+\.\d+)\./.exec(agent ?? '')?.[1];
  const ours = /^\d+\.\d+/.exec(packageVersion())?.[0];
  if (theirs === undefined || theirs === ours) return ok(check, text);
  return warning(check, `${text}; this is ${ours}`, 'run the same minor version on all validators');
}

/** Host, port and peer id of a TCP multiaddr. */
export function partsOf(address: string): { host: string; port: number; peerId: string | undefined } {
  const parts = multiaddr(address).getComponents();
  return { host: parts[0]?.value ?? '', port: Number(parts[1]?.value), peerId: parts[2]?.value };
}

async function findConnected(
  connected: readonly PeerView[],
  peerId: string | undefined,
  host: string,
  port: number,
): Promise<PeerView | undefined> {
  for (const peer of connected) {
    if (
      peerId === undefined ? peer.address.includes(`/${host}/tcp/${port}`) : (await peerIdOf(peer.publicKey)) === peerId
    )
      return peer;
  }
  return undefined;
}

/** Why no TCP connection comes about; undefined if one does. */
export function connectFault(host: string, port: number, signal: AbortSignal): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const socket = connect({ host, port, timeout: CONNECT_TIMEOUT_MS, signal });
  socket.once('connect', () => resolve(undefined));
  socket.once('timeout', () => resolve(`no answer within ${CONNECT_TIMEOUT_MS / 1000} s`));
  socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  return promise.finally(() => socket.destroy());
}
