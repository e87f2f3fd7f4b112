import { type Committee, indexOfKey } from '../protocol/committee.ts';
import type { FetchRequest, FetchResponse } from '../protocol/fetch.ts';
import type { EpochIndex } from './epoch-index.ts';
import type { ConnectedPeer, Network, PeerKey } from './ports.ts';

/** A network as one epoch's engine sees it: its own validators, and bodies of its own tasks only. */
export function epochNetwork(network: Network, committee: Committee, index: EpochIndex): Network {
  return {
    broadcast: (frame) => network.broadcast(frame),
    send: (peer, frame) => network.send(peer, frame),
    report: (peer, offence) => network.report(peer, offence),
    peers: () => network.peers().map((peer) => asSeenBy(committee, peer)),
    request: async (peer, request) => {
      const answer = await network.request(peer, request);
      return isElsewhere(request, answer) ? { kind: 'task', taskBytes: null } : answer;
    },
  };

  /** True for the body of another epoch's task: nothing was asked wrongly, and it is no lie. */
  function isElsewhere(request: FetchRequest, answer: FetchResponse): boolean {
    if (request.kind !== 'task' || answer.kind !== 'task' || answer.taskBytes === null) return false;
    const epoch = index.ofBody(request.taskId, answer.taskBytes);
    return epoch !== undefined && epoch !== committee.epoch;
  }
}

/** A peer with its position in this committee. */
export function asSeenBy(committee: Committee, peer: ConnectedPeer): ConnectedPeer {
  return { ...peer, validatorIndex: indexOfKey(committee, peer.key as PeerKey) ?? null };
}
