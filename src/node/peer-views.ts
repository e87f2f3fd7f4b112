import type { ConnectedPeer } from '../engine/ports.ts';
import type { PeerStanding } from '../network/peer-score.ts';
import { type Committee, indexOfKey } from '../protocol/committee.ts';
import type { PeerView } from '../rpc/views.ts';

/** The connected peers and how each stands here, then those that are kept out. */
export function peerViews(
  connected: readonly ConnectedPeer[],
  standings: readonly PeerStanding[],
  committee: Committee,
): PeerView[] {
  const standingOf = new Map(standings.map((standing) => [standing.key, standing]));
  const keys = new Set(connected.map(({ key }) => key));
  const banned = standings.filter(({ key, bannedUntilMs }) => bannedUntilMs !== null && !keys.has(key));
  return [
    ...connected.map(({ key, validatorIndex, address, connectedAtMs, latencyMs, agent }) => ({
      ...{ publicKey: key, validatorIndex, address, connectedAt: isoTime(connectedAtMs), latencyMs, agent },
      ...{ connected: true, ...viewOf(standingOf.get(key)) },
    })),
    ...banned.map((standing) => ({
      ...{ publicKey: standing.key, validatorIndex: indexOfKey(committee, standing.key) ?? null },
      ...{ address: '', connectedAt: isoTime(standing.lastOffenceAtMs), latencyMs: null, agent: null },
      ...{ connected: false, ...viewOf(standing) },
    })),
  ];
}

function viewOf(standing: PeerStanding | undefined) {
  if (standing === undefined) return { score: 0, lastOffence: null, lastOffenceAt: null, bannedUntil: null };
  const { score, lastOffence, lastOffenceAtMs, bannedUntilMs } = standing;
  return {
    score: Math.ceil(score),
    lastOffence,
    lastOffenceAt: isoTime(lastOffenceAtMs),
    bannedUntil: bannedUntilMs === null ? null : isoTime(bannedUntilMs),
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
