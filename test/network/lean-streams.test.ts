import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Socket } from 'node:net';
import { noise } from '@chainsafe/libp2p-noise';
import type { Libp2p, Stream } from '@libp2p/interface';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import { leanNoise, leanYamux } from '../../src/network/lean-streams.ts';
import { until } from '../contract/network.ts';
import { LISTEN } from './cluster.ts';

const PROTOCOL = '/test/1';
const MESSAGES = 40;
/** Many times the room that a stream begins with, 256 KiB. */
const LONG_BYTES = 5 * 2 ** 20;

describe('streams with fewer system calls', () => {
  const running: Libp2p[] = [];

  async function start(isLean: boolean): Promise<Libp2p> {
    const node = await createLibp2p({
      addresses: { listen: [LISTEN] },
      transports: [tcp()],
      connectionEncrypters: [isLean ? leanNoise() : noise()],
      streamMuxers: [isLean ? leanYamux({}) : yamux()],
      connectionMonitor: { enabled: false },
    });
    running.push(node);
    return node;
  }

  /** A stream of one node to another, and what the other hears on it. */
  async function connected(from: boolean, to: boolean) {
    const [dialler, listener] = [await start(from), await start(to)];
    const heard = { bytes: 0, hash: createHash('sha256'), stream: undefined as Stream | undefined };
    await listener.handle(PROTOCOL, (stream) => {
      heard.stream = stream;
      stream.addEventListener('message', ({ data }) => {
        heard.bytes += data.byteLength;
        heard.hash.update(data.subarray());
      });
    });
    const stream = await dialler.dialProtocol(listener.getMultiaddrs(), PROTOCOL);
    await until(
      () => heard.stream !== undefined,
      () => 'no stream opened',
    );
    return { stream, heard };
  }

  afterEach(() => Promise.all(running.splice(0).map((node) => node.stop())));

  it('write a small message once, and nothing comes back', async () => {
    const { stream, heard } = await connected(true, true);
    let writes = 0;
    const { write } = Socket.prototype;
    Socket.prototype.write = function (this: Socket, ...args: Parameters<typeof write>) {
      writes += 1;
      return write.apply(this, args);
    } as typeof write;
    try {
      for (let sent = 1; sent <= MESSAGES; sent++) {
        stream.send(new Uint8Array(200));
        await until(
          () => heard.bytes === sent * 200,
          () => 'a message is missing',
        );
      }
    } finally {
      Socket.prototype.write = write;
    }
    assert.ok(writes < MESSAGES * 1.5, `${writes} writes of ${MESSAGES} messages`);
  });

  for (const [from, to] of [
    [true, true],
    [true, false],
    [false, true],
  ] as const) {
    it(`carry any length from a ${from ? 'lean' : 'plain'} node to a ${to ? 'lean' : 'plain'} one, and back`, async () => {
      const { stream, heard } = await connected(from, to);
      const back = { bytes: 0, hash: createHash('sha256') };
      stream.addEventListener('message', ({ data }) => {
        back.bytes += data.byteLength;
        back.hash.update(data.subarray());
      });
      const long = new Uint8Array(LONG_BYTES).map((_, i) => (i * 31) % 251);
      await Promise.all([sendAll(stream, long), sendAll(heard.stream!, long)]);
      await until(
        () => heard.bytes === LONG_BYTES && back.bytes === LONG_BYTES,
        () => `${heard.bytes} bytes came`,
      );
      const digest = createHash('sha256').update(long).digest('hex');
      assert.deepEqual([heard.hash.digest('hex'), back.hash.digest('hex')], [digest, digest]);
    });
  }

  it('hold a sender back whose reader does not read', async () => {
    const { stream, heard } = await connected(true, true);
    heard.stream!.pause();
    let sent = 0;
    const sending = sendAll(stream, new Uint8Array(LONG_BYTES), (bytes) => {
      sent = bytes;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.ok(sent < LONG_BYTES, 'the window is its bound');
    heard.stream!.resume();
    await sending;
    await until(
      () => heard.bytes === LONG_BYTES,
      () => `${heard.bytes} bytes came`,
    );
  });
});

async function sendAll(stream: Stream, bytes: Uint8Array, onSent = (_bytes: number) => {}): Promise<void> {
  const piece = 60_000;
  for (let at = 0; at < bytes.length; at += piece) {
    if (!stream.send(bytes.subarray(at, at + piece))) await stream.onDrain();
    onSent(Math.min(bytes.length, at + piece));
  }
}
