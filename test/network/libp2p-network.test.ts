import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { multiaddr } from '@multiformats/multiaddr';
import type { NetworkHandlers } from '../../src/engine/ports.ts';
import { systemClock } from '../../src/network/clock.ts';
import { BAN_MS } from '../../src/network/peer-score.ts';
import { GOSSIP_BYTES_MAX, RESPONSE_BYTES_MAX } from '../../src/protocol/limits.ts';
import { describeNetwork, RecordingHandlers, until } from '../contract/network.ts';
import { Cluster, meshed, seedOf } from './cluster.ts';

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text));

describeNetwork('createLibp2pNetwork', async (handlers: readonly NetworkHandlers[]) => {
  const cluster = new Cluster(handlers.length);
  const addresses: string[] = [];
  const hosts = [];
  for (const [place, handler] of handlers.entries()) {
    const started = await cluster.start(place, { peers: [...addresses] }, handler as RecordingHandlers);
    addresses.push(started.address);
    hosts.push(started.host);
  }
  await meshed(hosts);
  return { networks: hosts, keys: hosts.map((host) => host.peerKey), stop: () => cluster.stop() };
});

describe('createLibp2pNetwork', function () {
  this.timeout(20_000);
  let cluster: Cluster;

  const patient = new Cluster(2);
  /** A request that nobody answers, under way while the other tests run. */
  let unanswered: Promise<unknown>;

  before(async () => {
    const { first, second } = await patient.startPair();
    second.handlers.answer = () => new Promise(() => {});
    unanswered = first.host.request(second.host.peerKey, { kind: 'open' }).catch((error) => error);
  });
  after(() => patient.stop());

  beforeEach(() => {
    cluster = new Cluster(4);
  });
  afterEach(() => cluster.stop());

  it('finds the whole committee by one address, though it names no peer', async () => {
    const first = await cluster.start(0);
    const bootstrap = first.address.replace(/\/p2p\/.*/, '');
    const others = await Promise.all([1, 2, 3].map((place) => cluster.start(place, { peers: [bootstrap] })));
    await meshed([first, ...others].map(({ host }) => host));
    assert.deepEqual(
      first.host.peers().map(({ agent }) => agent),
      ['pheme/test', 'pheme/test', 'pheme/test'],
    );
  });

  it('is found where only the validator with the lower key has an address for it, or only the other one', async () => {
    const low = await cluster.start(0);
    const high = await cluster.start(1, { peers: [low.address] });
    await meshed([low.host, high.host]);
    assert.equal(low.host.status().dials, 0);
    const highest = await cluster.start(3);
    const lower = await cluster.start(2, { peers: [highest.address] });
    await meshed([lower.host, highest.host]);
    assert.equal(highest.host.status().dials, 0);
  });

  it('passes over its own address and refuses addresses that cannot be right', async () => {
    const { host, address } = await cluster.start(0);
    const port = /tcp\/(\d+)/.exec(address)![1]!;
    await cluster.stop();
    const anonymous = `/ip4/127.0.0.1/tcp/${port}`;
    const again = await cluster.start(0, { listen: [anonymous], peers: [address, anonymous] });
    await until(
      () => again.host.status().dialsFailed > 0,
      () => 'its own address was not dialled',
    );
    assert.equal(again.host.peers().length, 0);
    assert.equal(again.host.peerKey, host.peerKey);
    await assert.rejects(cluster.start(1, { listen: [anonymous] }), {
      code: 'LISTEN_FAILED',
      message: /free the port/,
    });
    await assert.rejects(cluster.start(1, { listen: ['nowhere'] }), {
      code: 'INVALID_CONFIG',
      message: /^listen\.0: /,
    });
    await assert.rejects(cluster.start(1, { peers: ['/ip4/1.2.3.4/udp/1'] }), {
      code: 'INVALID_CONFIG',
      message: /^peers\.0: /,
    });
    const stranger = address.replace(/p2p\/.*/, 'p2p/12D3KooWRndVhVZPCiQwHBBBdg769GyrPUW13zxwqQyf9r3ANaba');
    await assert.rejects(cluster.start(1, { peers: [address, stranger] }), {
      message: /^peers\.1: .*not in the genesis/,
    });
  });

  it('dials a validator again that was restarted, wherever it is then', async () => {
    const first = await cluster.start(0);
    const second = await cluster.start(1, { peers: [first.address] });
    await meshed([first.host, second.host]);
    await second.host.stop();
    await until(
      () => first.handlers.connected.size === 0,
      () => 'the loss was not noticed',
    );
    const restarted = await cluster.start(1, { listen: [second.address.replace(/\/p2p\/.*/, '')] });
    await meshed([first.host, restarted.host]);
    await first.host.stop();
    const moved = await cluster.start(0, { peers: [restarted.address] });
    await meshed([moved.host, restarted.host]);
    moved.host.broadcast(bytesOf('after both moved'));
    await until(
      () => restarted.handlers.got('after both moved') === 1,
      () => 'nothing arrived',
    );
  });

  it('holds no connection of an unknown key', async () => {
    const { host, handlers, address } = await cluster.start(0);
    for (let n = 100; n < 110; n += 1) {
      const stranger = await cluster.startBare(seedOf(n));
      const connection = await stranger.dial(multiaddr(address)).catch(() => undefined);
      if (connection !== undefined && connection.status === 'open') await once(connection as never, 'close');
    }
    assert.equal(host.status().connections, 0);
    assert.equal(host.status().connectionsRefused, 10);
    assert.equal(handlers.connected.size, 0);
  });

  it('admits observers up to their number, and the next one when one leaves', async () => {
    const { host, handlers, address } = await cluster.start(0, { observers: { max: 1, allow: 'any' } });
    const first = await cluster.start(seedOf(100), { peers: [address], listen: [] });
    await meshed([host, first.host]);
    assert.deepEqual(
      host.peers().map(({ validatorIndex }) => validatorIndex),
      [null],
    );
    const second = await cluster.start(seedOf(101), { peers: [address], listen: [] });
    await until(
      () => host.status().connectionsRefused > 1,
      () => 'the second was not refused',
    );
    assert.deepEqual([...handlers.connected], [first.host.peerKey]);
    host.broadcast(bytesOf('to the observer'));
    await until(
      () => first.handlers.got('to the observer') === 1,
      () => 'nothing arrived',
    );
    assert.equal(second.handlers.frames.length, 0);
    await first.host.stop();
    await until(
      () => handlers.connected.has(second.host.peerKey),
      () => 'the second was not let in',
      8_000,
    );
  });

  it('admits listed observers only, where there is a list', async () => {
    const listed = await cluster.start(seedOf(100), { listen: [] });
    await listed.host.stop();
    const observers = { max: 5, allow: [listed.host.peerKey] };
    const { host, handlers, address } = await cluster.start(0, { observers });
    await cluster.start(seedOf(101), { peers: [address], listen: [] });
    await cluster.start(seedOf(100), { peers: [address], listen: [] });
    await until(
      () => handlers.connected.size === 1 && host.status().connectionsRefused > 0,
      () => JSON.stringify([...handlers.connected]),
    );
    assert.deepEqual([...handlers.connected], [listed.host.peerKey]);
  });

  it('lets nobody but validators into an observer', async () => {
    const observer = await cluster.start(seedOf(100), { observers: { max: 5, allow: 'any' } });
    const stranger = await cluster.startBare(seedOf(101));
    await stranger.dial(multiaddr(observer.address)).catch(() => undefined);
    await until(
      () => observer.host.status().connectionsRefused > 0,
      () => 'the stranger was not refused',
    );
    assert.equal(observer.handlers.connected.size, 0);
  });

  it('drops frames that are too large, and does not throw', async () => {
    const { first, second } = await cluster.startPair();
    first.host.broadcast(new Uint8Array(GOSSIP_BYTES_MAX + 1));
    first.host.broadcast(new Uint8Array(GOSSIP_BYTES_MAX));
    first.host.send(second.host.peerKey, new Uint8Array(GOSSIP_BYTES_MAX));
    await until(
      () => second.handlers.frames.length === 2,
      () => `${second.handlers.frames.length} arrived`,
    );
    assert.equal(first.host.status().framesDropped, 1);
    assert.deepEqual(
      second.handlers.frames.map(({ text }) => text.length),
      [GOSSIP_BYTES_MAX, GOSSIP_BYTES_MAX],
    );
  });

  it('sends no answer that is too large', async () => {
    const { first, second } = await cluster.startPair();
    second.handlers.answer = async () => ({ kind: 'task', taskBytes: new Uint8Array(RESPONSE_BYTES_MAX) });
    const asked = first.host.request(second.host.peerKey, { kind: 'task', taskId: '00'.repeat(32) });
    await assert.rejects(asked, { code: 'UNREACHABLE' });
    assert.equal(first.host.scoreOf(second.host.peerKey), 0);
  });

  it('hangs up a peer for its offences, keeps it out for a while, and then takes it back', async () => {
    let skewMs = 0;
    const clock = { ...systemClock, nowMs: () => Date.now() + skewMs };
    const first = await cluster.start(1, { clock });
    const second = await cluster.start(0, { peers: [first.address] });
    await meshed([first.host, second.host]);
    const offender = second.host.peerKey;
    first.handlers.onFrame = (_frame, from) => {
      first.host.report(from, 'bad-signature');
      return 'reject';
    };
    for (let n = 0; n < 6; n += 1) second.host.broadcast(bytesOf(`bad frame ${n}`));
    for (let n = 6; n < 12; n += 1) second.host.send(first.host.peerKey, bytesOf(`bad frame ${n}`));
    await until(
      () => first.handlers.connected.size === 0,
      () => `the score is ${first.host.scoreOf(offender)}`,
    );
    const [standing] = first.host.standings();
    assert.equal(standing?.key, offender);
    assert.equal(standing.lastOffence, 'bad-signature');
    assert.ok((standing.bannedUntilMs ?? 0) > Date.now());
    const { bans, offences } = first.host.status();
    assert.deepEqual([bans, offences['bad-signature'] >= 10, offences.flood], [1, true, 0]);
    const refused = first.host.status().connectionsRefused;
    await until(
      () => first.host.status().connectionsRefused > refused,
      () => 'it did not even try again',
    );
    assert.equal(first.host.peers().length, 0);
    assert.equal(first.host.status().dials, 0, 'nor is it dialled');
    delete (first.handlers as Partial<RecordingHandlers>).onFrame;
    skewMs = BAN_MS;
    await until(
      () => first.handlers.connected.has(offender),
      () => 'it was not taken back',
      8_000,
    );
    assert.deepEqual(second.host.standings(), [], 'the other side holds nothing against this one');
  });

  it('drops what a peer sends beyond its budget unread, and hears the others meanwhile', async () => {
    let stoppedAtMs: number | undefined;
    const clock = { ...systemClock, nowMs: () => stoppedAtMs ?? Date.now() };
    const listener = await cluster.start(2, { clock });
    const loud = await cluster.start(0, { peers: [listener.address] });
    const calm = await cluster.start(1, { peers: [listener.address] });
    await meshed([listener.host, loud.host, calm.host]);
    stoppedAtMs = Date.now(); // no budget fills up again, however slow this machine is
    for (let n = 0; n < 4; n += 1) listener.host.report(loud.host.peerKey, 'bad-signature'); // in debt: a quarter of it
    for (let n = 0; listener.host.status().framesOverBudget === 0; n += 1) {
      loud.host.broadcast(randomBytes(GOSSIP_BYTES_MAX));
      if (n % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    calm.host.broadcast(bytesOf('from the calm one'));
    await until(
      () => listener.handlers.got('from the calm one') === 1,
      () => 'the flood drowned it',
    );
    assert.ok(listener.host.status().offences.flood > 0);
    assert.equal(listener.host.scoreOf(calm.host.peerKey), 0);
  });

  it('lets validators in while strangers hold idle and babbling connections', async () => {
    const { host, address } = await cluster.start(1);
    const port = Number(/tcp\/(\d+)/.exec(address)![1]);
    const sockets = Array.from({ length: 100 }, (_, n) => {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      if (n % 2 === 0) socket.write(randomBytes(200));
      return socket;
    });
    const other = await cluster.start(0, { peers: [address] });
    await meshed([host, other.host]);
    for (const socket of sockets) socket.destroy();
    assert.equal(host.status().connections, 1);
  });

  it('survives a handler that throws', async () => {
    const errors: string[] = [];
    const logger = {
      debug: () => {},
      info: () => {},
      warn: () => {},
      error: (_: unknown, message: string) => errors.push(message),
    };
    const failing = new RecordingHandlers();
    failing.onFrame = () => {
      throw new Error('a fault of the node');
    };
    const first = await cluster.start(1, { logger: logger as never }, failing);
    const second = await cluster.start(0, { peers: [first.address] });
    await meshed([first.host, second.host]);
    second.host.broadcast(bytesOf('frame'));
    second.host.send(first.host.peerKey, bytesOf('frame'));
    await until(
      () => errors.length === 2,
      () => `${errors.length} errors`,
    );
    assert.equal(first.host.scoreOf(second.host.peerKey), 0);
  });

  it('leaves nothing that keeps the process alive', async () => {
    const child = spawn(process.execPath, [
      '--no-warnings',
      new URL('./peer-process.ts', import.meta.url).pathname,
      'pair',
    ]);
    const output: string[] = [];
    child.stdout.on('data', (data) => output.push(String(data)));
    child.stderr.on('data', (data) => output.push(String(data)));
    const [code] = await once(child, 'exit', { signal: AbortSignal.timeout(15_000) });
    assert.deepEqual([code, output.join('')], [0, 'stopped\n']);
  });

  it('gives a request up that nobody answers', async () => {
    const error = (await unanswered) as Error & { code: string };
    assert.equal(error.code, 'TIMEOUT');
    assert.match(error.message, /did not answer a request of kind open within 10000 ms/);
  });
});
