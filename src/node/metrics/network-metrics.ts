import type { Registry } from 'prom-client';
import { OFFENCES } from '../../engine/ports.ts';
import { createCounters, type NetworkCounters } from '../../network/counters.ts';
import type { ValidatorNode } from '../validator-node.ts';
import { readMetrics } from './read-metrics.ts';

type Counted = [name: string, help: string, key: keyof NetworkCounters];

const COUNTED: readonly Counted[] = [
  ['pheme_network_requests_in_total', 'Requests of peers', 'requestsIn'],
  ['pheme_network_requests_out_total', 'Requests to peers', 'requestsOut'],
  ['pheme_network_requests_failed_total', 'Requests to peers that failed', 'requestsFailed'],
  ['pheme_network_dials_total', 'Attempts to connect to a peer', 'dials'],
  ['pheme_network_dials_failed_total', 'Attempts to connect to a peer that failed', 'dialsFailed'],
  ['pheme_network_connections_refused_total', 'Connections of keys that may not connect', 'connectionsRefused'],
  [
    'pheme_network_deaf_heals_total',
    'Peers hung up since nothing was heard of them, to be connected anew',
    'deafHeals',
  ],
];

/** Who is connected, what is said, and what is refused. */
export function registerNetworkMetrics(registry: Registry, node: ValidatorNode): void {
  const { gauge, counter, counters } = readMetrics(registry);
  const counts = () => node.networkStatus() ?? createCounters();
  gauge('pheme_peers', 'Connected peers, observers included', () => node.peers().length);
  gauge('pheme_connected_validators', 'Connected validators, without this node', () => {
    return node.peers().filter(({ validatorIndex }) => validatorIndex !== null).length;
  });
  gauge('pheme_network_mesh_peers', 'Peers to which gossip is relayed', () => node.networkStatus()?.meshPeers ?? 0);
  counters('pheme_network_frames_total', 'Frames by direction', 'direction', () => {
    const { framesIn, framesOut } = counts();
    return { in: framesIn, out: framesOut };
  });
  counters('pheme_network_bytes_total', 'Bytes of frames by direction', 'direction', () => {
    const { bytesIn, bytesOut } = counts();
    return { in: bytesIn, out: bytesOut };
  });
  counters('pheme_network_frames_refused_total', 'Frames that went no further, by why', 'reason', () => {
    const { framesRejected, framesOverBudget, framesDropped } = counts();
    return { rejected: framesRejected, over_budget: framesOverBudget, unsent: framesDropped };
  });
  counters('pheme_network_offences_total', 'What peers did wrong, by kind', 'offence', () => {
    const offences = node.networkStatus()?.offences;
    return Object.fromEntries(OFFENCES.map((offence) => [offence, offences?.[offence] ?? 0]));
  });
  counter('pheme_network_bans_total', 'Times that a peer was kept out', () => node.networkStatus()?.bans ?? 0);
  counter('pheme_network_deaf_seconds_total', 'Time in which connected peers were not heard, summed over them', () => {
    return counts().deafMs / 1000;
  });
  for (const [name, help, key] of COUNTED) counter(name, help, () => counts()[key]);
}
