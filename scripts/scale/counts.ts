import type { NetworkHandlers } from '../../src/engine/ports.ts';
import type { Signer, Verifier } from '../../src/protocol/ed25519.ts';
import { encodeAnswer, encodeRequest } from '../../src/protocol/fetch.ts';

/** What all nodes of a world did together. */
export interface Counts {
  /** Handed to the network, to be sent to one or to all. */
  framesSent: number;
  framesReceived: number;
  frameBytesReceived: number;
  requestsAnswered: number;
  /** Of requests and of answers. */
  requestBytes: number;
  signaturesMade: number;
  signaturesVerified: number;
  syncedWrites: number;
}

export function noCounts(): Counts {
  return {
    framesSent: 0,
    framesReceived: 0,
    frameBytesReceived: 0,
    requestsAnswered: 0,
    requestBytes: 0,
    signaturesMade: 0,
    signaturesVerified: 0,
    syncedWrites: 0,
  };
}

export function countedSigner({ publicKey, sign }: Signer, counts: Counts): Signer {
  return {
    publicKey,
    sign: (message) => {
      counts.signaturesMade += 1;
      return sign(message);
    },
  };
}

export function countedVerifier({ publicKey, verify }: Verifier, counts: Counts): Verifier {
  return {
    publicKey,
    verify: (message, signature) => {
      counts.signaturesVerified += 1;
      return verify(message, signature);
    },
  };
}

export function countedHandlers(handlers: NetworkHandlers, counts: Counts): NetworkHandlers {
  return {
    onFrame: (frame, from) => {
      counts.framesReceived += 1;
      counts.frameBytesReceived += frame.length;
      return handlers.onFrame(frame, from);
    },
    onRequest: async (request, from) => {
      const answer = await handlers.onRequest(request, from);
      counts.requestsAnswered += 1;
      counts.requestBytes += encodeRequest(request).length + encodeAnswer(answer).length;
      return answer;
    },
    onPeer: (peer, connected) => handlers.onPeer(peer, connected),
  };
}
