import { noise } from '@chainsafe/libp2p-noise';
import type { ConnectionEncrypter, MessageStream, StreamMuxerFactory } from '@libp2p/interface';
import { type YamuxMuxerInit, yamux } from '@libp2p/yamux';
import { StreamState, type YamuxStream } from '@libp2p/yamux/stream';

/**
 * Noise and Yamux as the libraries have them, less what costs a system call for a few bytes. A frame of 200 bytes that
 * went to one peer made eight system calls and four messages to encrypt and to decrypt; now it makes two and two.
 * Figures: PERFORMANCE.md. Both peers understand each other whichever of them does it.
 */

type NoiseFactory = ReturnType<typeof noise>;

/** Noise that hands a message to the socket in one piece: its length by itself would be a packet of two bytes. */
export function leanNoise(): (components: Parameters<NoiseFactory>[0]) => ConnectionEncrypter {
  return (components) => {
    const encrypter: ConnectionEncrypter = noise()(components);
    const inbound = encrypter.secureInbound.bind(encrypter);
    const outbound = encrypter.secureOutbound.bind(encrypter);
    encrypter.secureInbound = (connection, options) => inbound(inOnePiece(connection), options);
    encrypter.secureOutbound = (connection, options) => outbound(inOnePiece(connection), options);
    return encrypter;
  };
}

function inOnePiece<Stream extends MessageStream>(connection: Stream): Stream {
  const send = connection.send.bind(connection);
  connection.send = (data) => send(data.subarray());
  return connection;
}

/** Yamux that gives a peer room anew once half of it is used, not after each message. */
export function leanYamux(init: YamuxMuxerInit): () => StreamMuxerFactory {
  return () => {
    const factory = yamux(init)();
    const createStreamMuxer = factory.createStreamMuxer.bind(factory);
    factory.createStreamMuxer = (connection) => {
      const muxer = createStreamMuxer(connection);
      const [createStream, onRemoteStream] = [muxer.createStream.bind(muxer), muxer.onRemoteStream.bind(muxer)];
      muxer.createStream = async (options) => withRareUpdates(await createStream(options));
      muxer.onRemoteStream = (stream) => onRemoteStream(withRareUpdates(stream));
      return muxer;
    };
    return factory;
  };
}

/** Fields of the library's stream that it calls private: bytes of a full window, and of what is left of it. */
interface Window {
  recvWindow: number;
  recvWindowCapacity: number;
}

function withRareUpdates(stream: YamuxStream): YamuxStream {
  const sendWindowUpdate = stream.sendWindowUpdate.bind(stream);
  stream.sendWindowUpdate = () => {
    const { recvWindow, recvWindowCapacity } = stream as unknown as Window;
    const hasRoom = stream.state === StreamState.Established && recvWindowCapacity > recvWindow / 2;
    if (!hasRoom) sendWindowUpdate(); // also if a later version names its fields otherwise
  };
  return stream;
}
