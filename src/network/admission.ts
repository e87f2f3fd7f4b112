import type { Connection, ConnectionGater, PeerId } from '@libp2p/interface';
import type { PeerKey } from '../engine/ports.ts';
import { type Committee, indexOfKey } from '../protocol/committee.ts';
import type { NetworkCounters } from './counters.ts';
import { keyOfPeer } from './identity.ts';
import type { PeerTable } from './peer-table.ts';

/** Whom a validator lets in beside the validators. */
export interface ObserverPolicy {
  /** Observers connected at one time; 0 admits none. */
  max: number;
  /** Any key, or the keys listed. */
  allow: 'any' | readonly PeerKey[];
}

interface AdmissionParts {
  committee: Committee;
  ownKey: PeerKey;
  observers: ObserverPolicy;
  peers: PeerTable;
  /** Kept out for now, for what it did. */
  isBanned(key: PeerKey): boolean;
  counters: NetworkCounters;
}

/**
 * Who may be connected: keys of the genesis, and a bounded number of observers. A key shows in the encrypted
 * handshake, and a wrong one ends there. An observer itself connects with validators only.
 */
export class Admission {
  readonly #parts: AdmissionParts;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /** For libp2p; all it has to hear is whom to refuse. */
  readonly gater: ConnectionGater = {
    denyDialPeer: (peerId) => !this.#isValidator(peerId) || this.#isBanned(peerId),
    denyOutboundEncryptedConnection: (peerId) => this.#refuse(!this.#isValidator(peerId)),
    denyInboundEncryptedConnection: (peerId) => this.#refuse(!this.#mayEnter(peerId)),
    denyInboundUpgradedConnection: (peerId) => this.#refuse(!this.#mayEnter(peerId)),
  };

  /** The last word, on a connection that is open: several observers can pass the handshake at the same moment. */
  admits(connection: Connection): boolean {
    return !this.#refuse(!this.#mayEnter(connection.remotePeer));
  }

  #mayEnter(peerId: PeerId): boolean {
    if (this.#isBanned(peerId)) return false;
    if (this.#isValidator(peerId)) return true;
    const { committee, ownKey, observers, peers } = this.#parts;
    const key = keyOfPeer(peerId);
    if (key === undefined || indexOfKey(committee, ownKey) === undefined) return false;
    if (observers.allow !== 'any' && !observers.allow.includes(key)) return false;
    return peers.get(key) !== undefined || peers.observerCount() < observers.max;
  }

  #isValidator(peerId: PeerId): boolean {
    const key = keyOfPeer(peerId);
    return key !== undefined && indexOfKey(this.#parts.committee, key) !== undefined;
  }

  #isBanned(peerId: PeerId): boolean {
    const key = keyOfPeer(peerId);
    return key !== undefined && this.#parts.isBanned(key);
  }

  #refuse(refused: boolean): boolean {
    if (refused) this.#parts.counters.connectionsRefused += 1;
    return refused;
  }
}
