import assert from 'node:assert/strict';
import type { Connection } from '@libp2p/interface';
import { createCounters } from '../../src/network/counters.ts';
import { identityOf } from '../../src/network/identity.ts';
import {
  DEAF_AT_FIRST_MS,
  DEAF_CAP_MS,
  DEAF_LATER_MS,
  PING_EVERY_MS,
  PINGS_FAILED_MAX,
  STEADY_MS,
  WATCH_MS,
} from '../../src/network/limits.ts';
import { type Peer, PeerTable } from '../../src/network/peer-table.ts';
import { Watchdog } from '../../src/network/watchdog.ts';
import { committeeOf, quiet, seedOf } from './cluster.ts';
import { ManualClock } from './manual-clock.ts';

const { peerId } = await identityOf(seedOf(0));

/** A connection with or without its two gossip streams; `abort` closes it as libp2p would tell. */
function fakeConnection(hearing: { now: boolean }, onClosed: (connection: Connection) => void): Connection {
  const stream = (direction: string) => ({
    direction,
    protocol: '/meshsub/1.2.0',
    status: 'open',
    writeStatus: 'writable',
    remoteWriteStatus: 'writable',
  });
  const connection = {
    remotePeer: peerId,
    status: 'open',
    get streams() {
      return hearing.now ? [stream('inbound'), stream('outbound')] : [stream('inbound')];
    },
    abort: () => onClosed(connection as unknown as Connection),
  };
  return connection as unknown as Connection;
}

/** One peer whose hearing and pings the test turns on and off. */
function startWatching() {
  const clock = new ManualClock();
  const counters = createCounters();
  const hearing = { now: true };
  const pings = { answered: true, count: 0 };
  const table: PeerTable = new PeerTable(committeeOf(2), clock, {
    onConnected: () => {},
    onReduced: (peer) => watchdog.suspect(peer),
    onLost: (peer) => watchdog.lost(peer),
  });
  const ping = async (_: Peer) => {
    pings.count += 1;
    if (!pings.answered) throw new Error('no answer');
    return 7;
  };
  const watchdog = new Watchdog({ peers: table, counters, clock, logger: quiet, isSubscribed: () => true, ping });
  watchdog.start();
  const connect = () => {
    const connection = fakeConnection(hearing, (closed) => table.closed(closed));
    table.opened(connection);
    return connection;
  };
  connect();
  return { clock, counters, hearing, pings, table, watchdog, connect };
}

describe('Watchdog', () => {
  it('leaves a peer alone that hears and answers', async () => {
    const { clock, counters, table, pings } = startWatching();
    await clock.advance(10 * 60_000);
    assert.equal(counters.deafHeals, 0);
    assert.equal(table.all()[0]?.latencyMs, 7);
    assert.ok(pings.count >= (10 * 60_000) / (PING_EVERY_MS + 2 * WATCH_MS));
  });

  it('gives a new peer more time to begin to hear than one that heard before', async () => {
    const fresh = startWatching();
    fresh.hearing.now = false;
    await fresh.clock.advance(DEAF_AT_FIRST_MS - WATCH_MS);
    assert.equal(fresh.counters.deafHeals, 0);
    await fresh.clock.advance(WATCH_MS);
    assert.equal(fresh.counters.deafHeals, 1);
    const known = startWatching();
    await known.clock.advance(WATCH_MS);
    known.hearing.now = false;
    await known.clock.advance(DEAF_LATER_MS);
    assert.equal(known.counters.deafHeals, 1);
    assert.equal(known.table.all().length, 0);
  });

  it('does not hang up a peer that is deaf for a moment', async () => {
    const { clock, counters, hearing } = startWatching();
    for (let n = 0; n < 20; n += 1) {
      hearing.now = n % 2 === 0;
      await clock.advance(WATCH_MS);
    }
    assert.equal(counters.deafHeals, 0);
  });

  it('is ever more patient with a peer that stays deaf, up to a cap, until it hears for a while', async () => {
    const { clock, counters, hearing, table, connect } = startWatching();
    hearing.now = false;
    const heals: number[] = [];
    for (let waited = 0; waited < 200_000; waited += WATCH_MS) {
      const before = counters.deafHeals;
      await clock.advance(WATCH_MS);
      if (counters.deafHeals > before) heals.push(clock.nowMs());
      if (table.all().length === 0) connect();
    }
    const waits = heals.slice(1).map((atMs, index) => atMs - heals[index]!);
    assert.ok(waits[0]! >= 2 * DEAF_AT_FIRST_MS);
    assert.ok(waits.at(-1)! >= DEAF_CAP_MS && waits.at(-1)! <= DEAF_CAP_MS + 2 * WATCH_MS);
    hearing.now = true;
    await clock.advance(2 * STEADY_MS);
    hearing.now = false;
    const before = counters.deafHeals;
    await clock.advance(DEAF_LATER_MS);
    assert.equal(counters.deafHeals, before + 1);
  });

  it('loses no time where one of two connections closed and took the streams with it', async () => {
    const { clock, counters, hearing, connect, table } = startWatching();
    const second = connect();
    await clock.advance(WATCH_MS);
    hearing.now = false;
    second.abort(new Error('closed'));
    assert.equal(table.all().length, 1);
    await clock.advance(WATCH_MS);
    assert.equal(counters.deafHeals, 1);
  });

  it('hangs up a peer that answers no pings', async () => {
    const { clock, counters, pings } = startWatching();
    await clock.advance(WATCH_MS);
    pings.answered = false;
    await clock.advance(PINGS_FAILED_MAX * (PING_EVERY_MS + WATCH_MS) + WATCH_MS);
    assert.equal(counters.deafHeals, 1);
  });

  it('holds nobody guilty of a pause of its own process', async () => {
    const { clock, counters, hearing, pings } = startWatching();
    await clock.advance(WATCH_MS);
    hearing.now = false;
    pings.answered = false;
    clock.sleep(60_000);
    hearing.now = true;
    await clock.advance(WATCH_MS);
    assert.equal(counters.deafHeals, 0);
  });

  it('leaves no timer after its stop', () => {
    const { clock, watchdog } = startWatching();
    watchdog.stop();
    assert.equal(clock.timers, 0);
  });
});
