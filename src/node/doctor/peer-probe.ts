import { multiaddr } from '@multiformats/multiaddr';
import { fromHex, toHex } from '../../protocol/bytes.ts';

/** A TCP connect, a Noise handshake and one question, on a slow line. */
const PROBE_TIMEOUT_MS = 5000;

/** What a peer shows of itself in the handshake. */
export interface ProbedPeer {
  /** Hex. */
  publicKey: string;
  /** What it says it runs; untrusted. */
  agent: string | undefined;
  handshakeMs: number;
}

/** Dials peers as the node would, with its own key, and hangs up again. */
export interface PeerProbe {
  /** @throws Error if nobody is there, it is no peer, it is another than the address names, or it refuses this key */
  dial(address: string, signal: AbortSignal): Promise<ProbedPeer>;
  stop(): Promise<void>;
}

export async function createPeerProbe(seed: Uint8Array, version: string): Promise<PeerProbe> {
  const [{ createLibp2p }, { noise }, { yamux }, { tcp }, { identify }, { generateKeyPairFromSeed }] =
    await Promise.all([
      import('libp2p'),
      import('@chainsafe/libp2p-noise'),
      import('@libp2p/yamux'),
      import('@libp2p/tcp'),
      import('@libp2p/identify'),
      import('@libp2p/crypto/keys'),
    ]);
  const node = await createLibp2p({
    privateKey: await generateKeyPairFromSeed('Ed25519', seed),
    nodeInfo: { userAgent: `pheme-doctor/${version}` },
    addresses: { listen: [] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false }, // peers on loopback and in private networks are wanted
    connectionMonitor: { enabled: false },
    services: { identify: identify({ runOnConnectionOpen: false, timeout: PROBE_TIMEOUT_MS }) },
  });
  return {
    async dial(address, signal) {
      const startedMs = performance.now();
      const limit = AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)]);
      const connection = await node.dial(multiaddr(address), { signal: limit });
      try {
        const handshakeMs = performance.now() - startedMs;
        const { agentVersion } = await node.services.identify.identify(connection, { signal: limit });
        const { remotePeer } = connection;
        const raw = remotePeer.type === 'Ed25519' ? remotePeer.publicKey.raw : fromHex('');
        return { publicKey: toHex(raw), agent: agentVersion, handshakeMs };
      } finally {
        await connection.close().catch(() => connection.abort(new Error('the question is over')));
      }
    },
    stop: async () => node.stop(),
  };
}
