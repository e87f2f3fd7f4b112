import assert from 'node:assert/strict';
import { AddressBook } from '../../src/network/address-book.ts';
import { createCounters } from '../../src/network/counters.ts';
import { Dialer } from '../../src/network/dialer.ts';
import { peerIdOfKey } from '../../src/network/identity.ts';
import { DIAL_BACKOFF_MAX_MS, DIAL_BACKOFF_MIN_MS, DIAL_TICK_MS, DIAL_TURN_MS } from '../../src/network/limits.ts';
import { PeerTable } from '../../src/network/peer-table.ts';
import { committeeOf, keyOf } from './cluster.ts';
import { ManualClock } from './manual-clock.ts';

const committee = committeeOf(3);
const [low, middle, high] = committee.validators.map(({ publicKey }) => publicKey) as [string, string, string];
const addressOf = (key: string) => `/ip4/192.0.2.1/tcp/1/p2p/${peerIdOfKey(key).toString()}`;

/** A dialer whose dials all fail, or hang, and are noted with their times. */
function startDialer(
  ownKey: string,
  peers: string[],
  dial: () => Promise<never> = async () => Promise.reject(new Error('refused')),
) {
  const clock = new ManualClock();
  const startMs = clock.nowMs();
  const book = new AddressBook(committee, ownKey);
  book.configure(peers);
  const dials: { address: string; atMs: number }[] = [];
  const table = new PeerTable(committee, clock, { onConnected: () => {}, onReduced: () => {}, onLost: () => {} });
  const banned = new Set<string>();
  const dialer = new Dialer({
    isBanned: (key) => banned.has(key),
    committee,
    ownKey,
    book,
    peers: table,
    counters: createCounters(),
    clock,
    dial: (addresses) => {
      dials.push({ address: addresses[0]!, atMs: clock.nowMs() - startMs });
      return dial();
    },
  });
  dialer.start();
  return { clock, dials, dialer, book, banned };
}

describe('Dialer', () => {
  it('does not dial who is kept out, and dials again afterwards', async () => {
    const { clock, dials, banned } = startDialer(low, [addressOf(high)]);
    const before = dials.length;
    banned.add(high);
    await clock.advance(30_000);
    assert.equal(dials.length, before);
    banned.delete(high);
    await clock.advance(DIAL_BACKOFF_MAX_MS);
    assert.ok(dials.length > before);
  });

  it('dials validators of higher keys at once, those of lower keys after their turn', async () => {
    const { clock, dials } = startDialer(middle, [addressOf(low), addressOf(high)]);
    assert.deepEqual(dials, [{ address: addressOf(high), atMs: 0 }]);
    await clock.advance(DIAL_TURN_MS + DIAL_TICK_MS);
    const first = dials.find(({ address }) => address === addressOf(low));
    assert.ok(first !== undefined && first.atMs >= DIAL_TURN_MS);
  });

  it('dials all validators at once where it is an observer, and addresses of nobody known', () => {
    const observer = startDialer(keyOf(99), [addressOf(low), addressOf(high)]);
    assert.equal(observer.dials.length, 2);
    const validator = startDialer(high, ['/ip4/192.0.2.1/tcp/9']);
    assert.deepEqual(validator.dials, [{ address: '/ip4/192.0.2.1/tcp/9', atMs: 0 }]);
  });

  it('goes on for ever, ever more slowly up to a cap', async () => {
    const { clock, dials } = startDialer(low, [addressOf(high)]);
    await clock.advance(120_000);
    const waits = dials.slice(1).map(({ atMs }, index) => atMs - dials[index]!.atMs);
    assert.ok(waits[0]! >= DIAL_BACKOFF_MIN_MS / 2 && waits[0]! <= DIAL_BACKOFF_MIN_MS + DIAL_TICK_MS);
    for (const wait of waits) assert.ok(wait <= DIAL_BACKOFF_MAX_MS + DIAL_TICK_MS);
    const late = waits.slice(-10);
    assert.equal(late.length, 10);
    for (const wait of late) assert.ok(wait >= DIAL_BACKOFF_MAX_MS / 2);
    assert.ok(new Set(late).size > 1, 'the waits are jittered');
  });

  it('dials nobody twice at the same time', async () => {
    const { clock, dials } = startDialer(low, [addressOf(high)], () => new Promise(() => {}));
    await clock.advance(60_000);
    assert.equal(dials.length, 1);
  });

  it('dials what it learns later', async () => {
    const { clock, dials, book } = startDialer(low, []);
    book.learn([addressOf(high)]);
    await clock.advance(DIAL_TICK_MS);
    assert.deepEqual(
      dials.map(({ address }) => address),
      [addressOf(high)],
    );
  });

  it('leaves no timer after its stop', async () => {
    const { clock, dials, dialer } = startDialer(low, [addressOf(high)]);
    dialer.stop();
    assert.equal(clock.timers, 0);
    await clock.advance(60_000);
    assert.equal(dials.length, 1);
  });
});
