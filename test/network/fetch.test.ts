import assert from 'node:assert/strict';
import type { Connection } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import fc from 'fast-check';
import { encode } from 'it-length-prefixed';
import type { NetworkHost } from '../../src/network/libp2p-network.ts';
import { REQUESTS_IN_MAX } from '../../src/network/limits.ts';
import { FETCH_PROTOCOL } from '../../src/network/requester.ts';
import { encodeCanonical } from '../../src/protocol/cbor.ts';
import { encodeRequest } from '../../src/protocol/fetch.ts';
import { REQUEST_BYTES_MAX } from '../../src/protocol/limits.ts';
import { RecordingHandlers, until } from '../contract/network.ts';
import { Cluster } from './cluster.ts';

/** Streams of a validator that keeps no rule, on a host. */
describe('request streams', function () {
  this.timeout(20_000);
  const cluster = new Cluster(5);
  const handlers = new RecordingHandlers();
  let host: NetworkHost;
  let address: string;
  let hostile: Connection;
  let hostileKey: string;
  let place = 0;

  before(async () => {
    ({ host, address } = await cluster.start(4, {}, handlers));
    handlers.answer = async () => ({ kind: 'open', taskIds: [] });
  });
  after(() => cluster.stop());

  beforeEach(async () => {
    hostileKey = cluster.key(place);
    const node = await cluster.startBare(cluster.seed(place));
    hostile = await node.dial(multiaddr(address));
    place += 1;
  });
  afterEach(() => hostile.abort(new Error('the test is over')));

  /** Sends bytes as they are, and gives what comes back, or undefined where the stream is reset. */
  async function exchange(bytes: Uint8Array, closes = true): Promise<Uint8Array | undefined> {
    try {
      const stream = await hostile.newStream(FETCH_PROTOCOL);
      stream.send(bytes);
      if (closes) await stream.close();
      const chunks: Uint8Array[] = [];
      for await (const chunk of stream) chunks.push(chunk.subarray());
      return stream.status === 'reset' || chunks.length === 0 ? undefined : Buffer.concat(chunks);
    } catch {
      return undefined;
    }
  }

  const prefixed = (bytes: Uint8Array) => encode.single(bytes, { maxDataLength: bytes.length }).subarray();
  const open = encodeRequest({ kind: 'open' });

  it('answer what is well-formed, and reset what is not', async () => {
    assert.ok((await exchange(prefixed(open))) !== undefined);
    const garbage = fc.uint8Array({ minLength: 1, maxLength: 40 }).filter((bytes) => !Buffer.from(bytes).equals(open));
    let sent = 0;
    const property = fc.asyncProperty(fc.oneof(garbage, garbage.map(prefixed)), async (bytes) => {
      sent += 1;
      const reply = await exchange(bytes);
      // Few of them happen to be requests; none of them may reach the handler as anything else.
      if (reply !== undefined) assert.equal(handlers.requests.at(-1)?.from, hostileKey);
    });
    await fc.assert(property, { numRuns: 12 });
    assert.ok(sent >= 12);
    assert.equal(
      host.peers().some(({ key }) => key === hostileKey),
      true,
    );
  });

  it('cost their peer when they are malformed', async () => {
    assert.equal(host.scoreOf(hostileKey), 0);
    assert.equal(await exchange(prefixed(bytesOf('not CBOR at all'))), undefined);
    await until(
      () => host.scoreOf(hostileKey) < 0,
      () => `the score is ${host.scoreOf(hostileKey)}`,
    );
  });

  it('are reset at the length of a message that is too long, before any of it is read', async () => {
    const huge = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x07); // a length of 2 GiB
    assert.equal(await exchange(huge, false), undefined);
    const tooLong = encodeCanonical([1, new Uint8Array(REQUEST_BYTES_MAX)]);
    assert.equal(await exchange(prefixed(tooLong)), undefined);
    await until(
      () => host.scoreOf(hostileKey) < 0,
      () => `the score is ${host.scoreOf(hostileKey)}`,
    );
  });

  it('are bounded in number', async () => {
    let asked = 0;
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const answer = handlers.answer;
    handlers.answer = async () => {
      asked += 1;
      await gate;
      return { kind: 'open', taskIds: [] };
    };
    const replies: Promise<Uint8Array | undefined>[] = [];
    for (let n = 1; n <= REQUESTS_IN_MAX; n += 1) {
      replies.push(exchange(prefixed(open)));
      await until(
        () => asked === n,
        () => `${asked} of ${n} asked`,
      );
    }
    assert.equal(await exchange(prefixed(open)), undefined);
    release();
    assert.equal((await Promise.all(replies)).filter((reply) => reply !== undefined).length, REQUESTS_IN_MAX);
    assert.equal(asked, REQUESTS_IN_MAX);
    handlers.answer = answer;
    assert.ok((await exchange(prefixed(open))) !== undefined);
  });
});

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}
