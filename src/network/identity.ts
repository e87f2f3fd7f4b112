import { generateKeyPairFromSeed, publicKeyFromRaw } from '@libp2p/crypto/keys';
import type { PeerId, PrivateKey } from '@libp2p/interface';
import { peerIdFromPrivateKey, peerIdFromPublicKey, peerIdFromString } from '@libp2p/peer-id';
import type { PeerKey } from '../engine/ports.ts';
import { fromHex, toHex } from '../protocol/bytes.ts';

export interface Identity {
  privateKey: PrivateKey;
  peerId: PeerId;
  key: PeerKey;
}

/** @param seed the 32 secret bytes of the node's Ed25519 key, which also signs its leaves */
export async function identityOf(seed: Uint8Array): Promise<Identity> {
  const privateKey = await generateKeyPairFromSeed('Ed25519', seed);
  return { privateKey, peerId: peerIdFromPrivateKey(privateKey), key: toHex(privateKey.publicKey.raw) };
}

/** The key that a peer id stands for, or undefined where it is no Ed25519 key. */
export function keyOfPeer(peerId: PeerId): PeerKey | undefined {
  return peerId.type === 'Ed25519' ? toHex(peerId.publicKey.raw) : undefined;
}

/** The same for a peer id in its text form; undefined for any text that is none. */
export function keyOfPeerText(text: string): PeerKey | undefined {
  try {
    return keyOfPeer(peerIdFromString(text));
  } catch {
    return undefined;
  }
}

export function peerIdOfKey(key: PeerKey): PeerId {
  return peerIdFromPublicKey(publicKeyFromRaw(fromHex(key, 32)));
}
